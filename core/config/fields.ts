/**
 * The configuration's fields as a list of dotted paths, read off the schema: environment variables, flags and
 * "did you mean" need their names, and the schema is the one place that has them.
 */
import { z } from 'zod';
import { RunConfigSchema } from './schema.js';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** The JSON schema of what a person writes. */
export function runConfigJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(RunConfigSchema, { io: 'input' });
}

/** Every path that the file may hold: sections (`training`) and values (`training.epochs`). */
export const CONFIG_FIELDS: readonly string[] = fieldsOf(runConfigJsonSchema() as SchemaNode, '');

/** Sections at the top of the file. */
export const CONFIG_SECTIONS: readonly string[] = CONFIG_FIELDS.filter((field) =>
  CONFIG_FIELDS.some((other) => other.startsWith(`${field}.`)),
);

/** `training.learningRate` as TRAINING_LEARNING_RATE. */
export function environmentName(field: string): string {
  return field
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase();
}

function fieldsOf(node: SchemaNode, prefix: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => [
    prefix + name,
    ...fieldsOf(child, `${prefix}${name}.`),
  ]);
}

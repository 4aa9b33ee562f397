/**
 * The configuration's fields as a list of dotted paths, read off the schema: environment variables, flags and
 * "did you mean" need their names, and the schema is the one place that has them.
 */
import { z } from 'zod';
import { RunConfigSchema } from './schema.js';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** A value that may also be a section has its properties in one of these. */
  readonly anyOf?: readonly SchemaNode[];
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
  const own = Object.entries(node.properties ?? {}).flatMap(([name, child]) => [
    prefix + name,
    ...fieldsOf(child, `${prefix}${name}.`),
  ]);
  return [...own, ...(node.anyOf ?? []).flatMap((branch) => fieldsOf(branch, prefix))];
}

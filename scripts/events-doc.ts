/** docs/events.md from the schemas of the events: `npm run docs:events` writes it, a test looks whether it is current. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { RunEventSchema } from '../core/events/run-event.js';

interface Field {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Field[];
  readonly items?: Field;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly additionalProperties?: Field | boolean;
  readonly description?: string;
}

const HEADER = `# Events of a run

<!-- Made from core/events by \`npm run docs:events\`. -->

Each event is one JSON object: a line of \`events.jsonl\` in the output folder and, with \`nats\` in the configuration, a
message on \`prospect.<run>.events.<kind>\`. A run's events come in order and each once; \`sequence\` counts them. Kinds and
fields may be added: leave out what you don't know. \`version\` changes when a consumer has to.

\`\`\`ts
import { RunEventSchema, type RunEvent } from 'prospect/events';

const event: RunEvent = RunEventSchema.parse(JSON.parse(text));
if (event.kind === 'step') console.log(event.step, event.metrics?.loss);
\`\`\`
`;

/** Fields of every event, told once. */
const COMMON = ['version', 'sequence', 'run', 'time'];

export function eventsDocument(): string {
  const schemas = RunEventSchema.options.map((option) => z.toJSONSchema(option, { io: 'input' }) as Field);
  const common = Object.entries(schemas[0]!.properties!).filter(([name]) => COMMON.includes(name));
  const sections = schemas.map((schema) => {
    const { kind, ...others } = schema.properties!;
    const own = Object.entries(others).filter(([name]) => !COMMON.includes(name));
    return `## ${kind!.const}\n\n${schema.description}\n\n${table(own)}`;
  });
  return `${HEADER}\n## In every event\n\n${table(common)}\n${sections.join('\n')}`;
}

function table(fields: readonly (readonly [string, Field])[]): string {
  const rows = fields.flatMap(([name, field]) => rowsOf(name, field));
  return `| Field | Type | |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

function rowsOf(name: string, field: Field): string[] {
  const inner = [field, ...(field.anyOf ?? [])].find(({ properties }) => properties)?.properties ?? {};
  const own = `| \`${name}\` | ${typeOf(field)} | ${field.description ?? ''} |`;
  return [own, ...Object.entries(inner).flatMap(([child, value]) => rowsOf(`${name}.${child}`, value))];
}

function typeOf({ const: value, enum: values, anyOf, type, items, properties, additionalProperties }: Field): string {
  if (value !== undefined) return `\`${JSON.stringify(value)}\``;
  if (values) return values.map((one) => `\`"${one}"\``).join(', ');
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (items)
    return items.properties ? `list of { ${Object.keys(items.properties).join(', ')} }` : `list of ${items.type}`;
  if (!properties && typeof additionalProperties === 'object') return `object of ${typeOf(additionalProperties)}`;
  return type ?? 'any';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // From dist/scripts.
  writeFileSync(new URL('../../docs/events.md', import.meta.url), eventsDocument());
}

/** Rows for tests, without files: what the coordinator asks of a dataset. */
import type { RowSource } from '../../coordinator/row-source.js';
import { type RunConfig, RunConfigSchema } from '../../core/config/schema.js';

export interface TestRow {
  readonly desirable: boolean;
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
}

/** Two rows in three are desirable; lengths vary; every prompt occurs twice. */
export function testRows(size: number): TestRow[] {
  return Array.from({ length: size }, (_, row) => ({
    desirable: row % 3 !== 0,
    prompt: [row >> 1, 100, 101].slice(0, 1 + (row % 3)),
    completion: Array.from({ length: 2 + (row % 5) }, (_, i) => row * 7 + i),
  }));
}

export function rowSource(rows: readonly TestRow[]): RowSource {
  const indexOf = (desirable: boolean) =>
    Uint32Array.from(rows.flatMap((row, i) => (row.desirable === desirable ? [i] : [])));
  return {
    size: rows.length,
    desirableCount: indexOf(true).length,
    digest: `digest of ${rows.length} rows`,
    desirable: (row) => rows[row]!.desirable,
    promptKey: (row) => BigInt(rows[row]!.prompt[0]!),
    tokens: (row) => ({
      prompt: Uint32Array.from(rows[row]!.prompt),
      completion: Uint32Array.from(rows[row]!.completion),
    }),
    origin: (row) => ({ file: 'rows.jsonl', line: row + 1 }),
    classIndex: () => ({ size: rows.length, desirableRows: indexOf(true), undesirableRows: indexOf(false) }),
  };
}

type Sections = 'data' | 'training' | 'loss' | 'evaluation' | 'lora';

/** A configuration with defaults; sections are given in part. */
export function testConfig(
  fields: { [Name in Sections]?: object } & Partial<Omit<RunConfig, Sections>> = {},
): RunConfig {
  const { data, ...others } = fields;
  return RunConfigSchema.parse({ model: 'model', output: 'out', data: { train: 'rows.jsonl', ...data }, ...others });
}

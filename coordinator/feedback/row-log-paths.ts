/** Where the rows of a live run lie. */
import { join } from 'node:path';

export interface RowLogPaths {
  readonly folder: string;
  /** A record a row. */
  readonly rows: string;
  /** Their token ids. */
  readonly tokens: string;
}

/** @param output the run's folder. */
export function rowLogPaths(output: string): RowLogPaths {
  const folder = join(output, 'feedback');
  return { folder, rows: join(folder, 'rows.bin'), tokens: join(folder, 'tokens.bin') };
}

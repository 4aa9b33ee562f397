/**
 * The token store on disk: a folder with three files. Its name is the SHA-256 of everything the contents depend on, so
 * a store is never out of date, only there or not there.
 *
 * tokens.bin   token ids (uint32), row after row: prompt, then completion
 * rows.bin     one record a row, see below
 * store.json   counts, problems, and what the other two files must look like
 */
import { join } from 'node:path';
import type { CountedProblem } from './problems.js';

/** Part of the cache key: a change of the format or of how rows become tokens makes new stores. */
export const STORE_VERSION = 1;

/** Little-endian: promptLength u32, completionLength u32, promptKey u64, line u32, file u16, desirable u8, unused u8. */
export const RECORD_BYTES = 24;
export const RECORD = {
  promptLength: 0,
  completionLength: 4,
  promptKey: 8,
  line: 16,
  file: 20,
  desirable: 22,
} as const;

export const TOKEN_BYTES = 4;

export interface StoreSummary {
  readonly rows: number;
  readonly problems: readonly CountedProblem[];
  readonly droppedRows: number;
  readonly truncatedRows: number;
  readonly unstableRows: number;
}

/** store.json */
export interface StoreHeader extends StoreSummary {
  readonly tokensBytes: number;
  /** SHA-256 (hex) of rows.bin, which is read whole anyway; tokens.bin is checked by its size. */
  readonly rowsDigest: string;
}

export function storeFiles(folder: string): { tokens: string; rows: string; header: string } {
  return {
    tokens: join(folder, 'tokens.bin'),
    rows: join(folder, 'rows.bin'),
    header: join(folder, 'store.json'),
  };
}

/** An opened token store: a row's record from memory, its token ids from disk when they are asked for. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { ProspectError } from '../../core/errors.js';
import type { RowTokens } from './dataset.js';
import { RECORD, RECORD_BYTES, type StoreHeader, type StoreSummary, storeFiles, TOKEN_BYTES } from './store-format.js';

export interface TokenStore {
  readonly summary: StoreSummary;
  promptLength(row: number): number;
  completionLength(row: number): number;
  promptKey(row: number): bigint;
  desirable(row: number): boolean;
  /** File (by its number in the list that the store was made from) and line of a row. */
  place(row: number): { file: number; line: number };
  /** @throws ProspectError STORAGE */
  tokens(row: number): RowTokens;
  close(): void;
}

/** `damaged` says what is wrong with a store that is there but cannot be used. */
export type OpenedStore = { readonly store: TokenStore } | { readonly damaged: string } | 'missing';

export async function openStore(folder: string): Promise<OpenedStore> {
  const files = storeFiles(folder);
  try {
    const header = JSON.parse(await readFile(files.header, 'utf8')) as StoreHeader;
    const records = await readFile(files.rows);
    if (createHash('sha256').update(records).digest('hex') !== header.rowsDigest) {
      return { damaged: 'rows.bin has other contents than it was written with' };
    }
    const { size } = await stat(files.tokens);
    if (size !== header.tokensBytes)
      return { damaged: `tokens.bin has ${size} bytes instead of ${header.tokensBytes}` };
    return { store: createStore(header, records, files.tokens) };
  } catch (error) {
    return (await exists(folder)) ? { damaged: (error as Error).message } : 'missing';
  }
}

function createStore(summary: StoreSummary, records: Buffer, tokensFile: string): TokenStore {
  const promptLength = (row: number) => records.readUInt32LE(row * RECORD_BYTES + RECORD.promptLength);
  const completionLength = (row: number) => records.readUInt32LE(row * RECORD_BYTES + RECORD.completionLength);
  const starts = tokenStarts(summary.rows, (row) => promptLength(row) + completionLength(row));
  const file = openSync(tokensFile, 'r');
  let isOpen = true;
  return {
    summary,
    promptLength,
    completionLength,
    promptKey: (row) => records.readBigUInt64LE(row * RECORD_BYTES + RECORD.promptKey),
    desirable: (row) => records.readUInt8(row * RECORD_BYTES + RECORD.desirable) === 1,
    place: (row) => ({
      file: records.readUInt16LE(row * RECORD_BYTES + RECORD.file),
      line: records.readUInt32LE(row * RECORD_BYTES + RECORD.line),
    }),
    tokens: (row) => {
      if (!isOpen) throw new ProspectError('INTERNAL', 'token ids were asked for after the dataset was closed');
      const tokenIds = readTokens(file, starts[row]!, starts[row + 1]!, tokensFile);
      const prompt = tokenIds.subarray(0, promptLength(row));
      return { prompt, completion: tokenIds.subarray(prompt.length) };
    },
    close: () => {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

/** The first token of each row, and the end; float64 because a dataset may hold more than 2^32 tokens. */
function tokenStarts(rows: number, lengthOf: (row: number) => number): Float64Array {
  const starts = new Float64Array(rows + 1);
  for (let row = 0; row < rows; row++) starts[row + 1] = starts[row]! + lengthOf(row);
  return starts;
}

/** Reads a row where it lies. Rows are read in random order, so the operating system's page cache is all that helps. */
function readTokens(file: number, start: number, end: number, name: string): Uint32Array {
  const tokenIds = new Uint32Array(end - start);
  const bytes = new Uint8Array(tokenIds.buffer);
  const read = readSync(file, bytes, 0, bytes.length, start * TOKEN_BYTES);
  if (read === bytes.length) return tokenIds;
  throw new ProspectError(
    'STORAGE',
    `${name}: ends before token ${end}; it was changed while in use, start the run again`,
  );
}

async function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}

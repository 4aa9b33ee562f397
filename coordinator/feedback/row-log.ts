/**
 * The rows of a live run on the disk, `<output>/feedback/`: rows.bin has a record a row, tokens.bin their token ids. A row
 * that is in it would survive a crash, is the same in every step that is made again, and is never taken twice.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { ProspectError } from '../../core/errors.js';
import type { RowTokens } from '../dataset/dataset.js';
import type { Fence } from '../journal/fence.js';
import { replaceByCopy } from '../journal/replace-by-copy.js';
import { storageError } from '../output/storage-error.js';
import { diskFiles } from '../snapshots/file-operations.js';
import { readRowLog } from './read-row-log.js';
import { createRecordTable, type RecordTable } from './record-table.js';
import { rowLogPaths } from './row-log-paths.js';
import { RECORD_BYTES, type RowRecord, tokensEndOf, writeRecord } from './row-record.js';

/** A record that is not numbered yet; tokens only of usable rows. */
export type NewRow = Omit<RowRecord, 'tokensStart' | 'promptLength' | 'completionLength' | 'tokensChecksum'> & {
  readonly tokens?: RowTokens;
};

export interface RowLog {
  /** Rows so far, the unusable ones among them. */
  size(): number;
  record(row: number): RowRecord;
  /** @throws STORAGE when they are not what was written. */
  tokens(row: number): RowTokens;
  /**
   * Resolves when they would survive a crash, and every later coordinator will see them, with the number of the first one.
   * @throws STORAGE; no further ones are taken then.
   */
  append(rows: readonly NewRow[]): Promise<number>;
  close(): Promise<void>;
}

const TOKEN_BYTES = 4;

/**
 * What a crash left unfinished at the end is cut off.
 * @throws STORAGE for a damaged record.
 */
export async function openRowLog(output: string, fence: Pick<Fence, 'mayAct'>): Promise<RowLog> {
  const paths = rowLogPaths(output);
  const { folder } = paths;
  try {
    await mkdir(folder, { recursive: true });
    for (const path of [paths.rows, paths.tokens]) await replaceByCopy(path);
    const rowsFile = await open(paths.rows, 'a+');
    const tokensFile = await open(paths.tokens, 'a+');
    const records = createRecordTable(await readRowLog(rowsFile, tokensFile, paths));
    await diskFiles.syncFolder(folder);
    await diskFiles.syncFolder(output);
    return createLog({ records, rowsFile, tokensFile, path: paths.tokens, fence });
  } catch (cause) {
    throw storageError(cause, folder);
  }
}

interface Opened {
  readonly records: RecordTable;
  readonly rowsFile: FileHandle;
  readonly tokensFile: FileHandle;
  readonly fence: Pick<Fence, 'mayAct'>;
  /** Of the tokens. */
  readonly path: string;
}

function createLog({ records, rowsFile, tokensFile, path, fence }: Opened): RowLog {
  const reading = openSync(path, 'r');
  let tokenCount = tokensEndOf(records.size() === 0 ? undefined : records.at(records.size() - 1));
  let last: Promise<unknown> = Promise.resolve();
  let isOpen = true;

  const write = async (rows: readonly NewRow[]): Promise<number> => {
    try {
      const { tokens, numbered, end } = laidOut(rows, tokenCount);
      const bytes = Buffer.alloc(numbered.length * RECORD_BYTES);
      for (const [i, record] of numbered.entries()) writeRecord(record, bytes, i * RECORD_BYTES);
      // A record that is there says that its tokens are: they are safe before it is written.
      if (tokens.length > 0) {
        await tokensFile.appendFile(tokens);
        await tokensFile.datasync();
      }
      await rowsFile.appendFile(bytes);
      await rowsFile.datasync();
      await fence.mayAct();
      tokenCount = end;
      return records.push(bytes);
    } catch (cause) {
      throw storageError(cause, path);
    }
  };
  return {
    size: records.size,
    record: records.at,
    tokens(row) {
      if (!isOpen) throw new ProspectError('INTERNAL', 'token ids were asked for after the row log was closed');
      return readTokens(records.at(row), reading, path);
    },
    append(rows) {
      // A failure stays: nothing may follow rows that are lost.
      const done = last.then(() => write(rows));
      last = done;
      last.catch(() => undefined);
      return done;
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await last.catch(() => undefined);
      closeSync(reading);
      await Promise.all([rowsFile.close(), tokensFile.close()]);
    },
  };
}

function laidOut(rows: readonly NewRow[], tokenCount: number) {
  const pieces: Buffer[] = [];
  const numbered: RowRecord[] = [];
  let end = tokenCount;
  for (const { tokens, ...row } of rows) {
    const [promptLength, completionLength] = [tokens?.prompt.length ?? 0, tokens?.completion.length ?? 0];
    const bytes = tokens ? Buffer.concat([bytesOf(tokens.prompt), bytesOf(tokens.completion)]) : Buffer.alloc(0);
    numbered.push({ ...row, tokensStart: end, promptLength, completionLength, tokensChecksum: crc32(bytes) });
    pieces.push(bytes);
    end += promptLength + completionLength;
  }
  return { tokens: Buffer.concat(pieces), numbered, end };
}

function bytesOf(tokens: Uint32Array): Uint8Array {
  return new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
}

function readTokens(record: RowRecord, file: number, path: string): RowTokens {
  const { tokensStart, promptLength, completionLength, tokensChecksum } = record;
  const tokenIds = new Uint32Array(promptLength + completionLength);
  const bytes = new Uint8Array(tokenIds.buffer);
  const read = readSync(file, bytes, 0, bytes.length, tokensStart * TOKEN_BYTES);
  if (read !== bytes.length || crc32(bytes) !== tokensChecksum) {
    throw new ProspectError(
      'STORAGE',
      `${path}: the tokens of row ${record.sequence} are damaged. Restore the folder from a backup, or begin anew with --overwrite.`,
    );
  }
  return { prompt: tokenIds.subarray(0, promptLength), completion: tokenIds.subarray(promptLength) };
}

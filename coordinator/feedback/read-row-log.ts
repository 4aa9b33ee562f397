/** Reads what a row log holds, and cuts off what a crash left unfinished at its end. */
import type { FileHandle } from 'node:fs/promises';
import { ProspectError } from '../../core/errors.js';
import type { RowLogPaths } from './row-log-paths.js';
import { RECORD_BYTES, readRecord, tokensEndOf } from './row-record.js';

/** What is written at once is far less: a bad record before that is no torn end. */
const MOST_TORN_RECORDS = 4096;
const TOKEN_BYTES = 4;

/**
 * @returns the records, as bytes.
 * @throws STORAGE for a damaged record.
 */
export async function readRowLog(rows: FileHandle, tokens: FileHandle, paths: RowLogPaths): Promise<Buffer> {
  const records = wholeRecords(await rows.readFile(), paths.rows);
  const last = records.length === 0 ? undefined : readRecord(records.subarray(-RECORD_BYTES));
  const tokenBytes = tokensEndOf(last) * TOKEN_BYTES;
  if ((await tokens.stat()).size < tokenBytes) throw damaged(paths.tokens, 'its end is missing');
  await rows.truncate(records.length);
  await tokens.truncate(tokenBytes);
  await Promise.all([rows.sync(), tokens.sync()]);
  return records;
}

/** Rows of one message count together or not at all. */
function wholeRecords(bytes: Buffer, path: string): Buffer {
  const count = Math.floor(bytes.length / RECORD_BYTES);
  let whole = 0;
  for (let row = 0; row < count; row++) {
    const record = readRecord(bytes.subarray(row * RECORD_BYTES, (row + 1) * RECORD_BYTES));
    if (!record) {
      if (count - row > MOST_TORN_RECORDS) throw damaged(path, `record ${row + 1} is not what was written`);
      break;
    }
    if (record.part + 1 === record.parts) whole = row + 1;
  }
  return bytes.subarray(0, whole * RECORD_BYTES);
}

function damaged(path: string, what: string): ProspectError {
  const remedy = 'Restore the folder from a backup, or begin anew with --overwrite.';
  return new ProspectError('STORAGE', `${path} is damaged: ${what}. ${remedy}`);
}

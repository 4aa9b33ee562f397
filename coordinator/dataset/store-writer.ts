/**
 * Writes a token store. It grows in a folder of its own and gets its name in one step when it is complete, so a store
 * that can be found is whole, whatever happens to the process that writes it.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrnoError } from '../../core/errors.js';
import type { EncodedRow } from './encode-row.js';
import { guardStorage } from './guard-storage.js';
import { RECORD, RECORD_BYTES, type StoreHeader, type StoreSummary, storeFiles } from './store-format.js';

/** Bytes gathered before they are written. */
const BUFFER_BYTES = 1 << 20;

export interface StoreWriter {
  append(row: EncodedRow, file: number, line: number): Promise<void>;
  /** Makes the store visible under its name. */
  finish(summary: StoreSummary): Promise<void>;
  /** Removes what was written; nothing happens after finish. */
  abandon(): Promise<void>;
}

/** @throws ProspectError STORAGE from every call, when the folder cannot be written */
export async function createStoreWriter(folder: string): Promise<StoreWriter> {
  const guarded = <T>(work: () => Promise<T>) => guardStorage(folder, work);
  await guarded(() => mkdir(dirname(folder), { recursive: true }));
  const unfinished = await guarded(() => mkdtemp(`${folder}.unfinished-`));
  const files = storeFiles(unfinished);
  const tokens = await guarded(() => createAppender(files.tokens));
  const rows = await guarded(() => createAppender(files.rows));
  return {
    append: (row, file, line) =>
      guarded(async () => {
        await tokens.append(bytesOf(row.prompt));
        await tokens.append(bytesOf(row.completion));
        await rows.append(recordOf(row, file, line));
      }),
    finish: (summary) =>
      guarded(async () => {
        const { bytes: tokensBytes } = await tokens.close();
        const { digest: rowsDigest } = await rows.close();
        const header: StoreHeader = { ...summary, tokensBytes, rowsDigest };
        await writeFile(files.header, JSON.stringify(header), { flush: true });
        await publish(unfinished, folder);
      }),
    abandon: async () => {
      await Promise.allSettled([tokens.close(), rows.close()]);
      await rm(unfinished, { recursive: true, force: true });
    },
  };
}

interface Appender {
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<{ bytes: number; digest: string }>;
}

async function createAppender(file: string): Promise<Appender> {
  const handle: FileHandle = await open(file, 'wx');
  const hash = createHash('sha256');
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let writtenBytes = 0;
  const flush = async () => {
    const block = Buffer.concat(pending);
    hash.update(block);
    await handle.writeFile(block);
    writtenBytes += block.length;
    pending = [];
    pendingBytes = 0;
  };
  return {
    append: async (bytes) => {
      pending.push(bytes);
      pendingBytes += bytes.length;
      if (pendingBytes >= BUFFER_BYTES) await flush();
    },
    close: async () => {
      try {
        await flush();
        await handle.sync();
      } finally {
        await handle.close();
      }
      return { bytes: writtenBytes, digest: hash.digest('hex') };
    },
  };
}

function recordOf(row: EncodedRow, file: number, line: number): Uint8Array {
  const record = Buffer.alloc(RECORD_BYTES);
  record.writeUInt32LE(row.prompt.length, RECORD.promptLength);
  record.writeUInt32LE(row.completion.length, RECORD.completionLength);
  record.writeBigUInt64LE(row.promptKey, RECORD.promptKey);
  record.writeUInt32LE(line, RECORD.line);
  record.writeUInt16LE(file, RECORD.file);
  record.writeUInt8(Number(row.desirable), RECORD.desirable);
  return record;
}

function bytesOf(tokens: Uint32Array): Uint8Array {
  return new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
}

/** Another process may have published the same store meanwhile: its contents are the same, so it stays. */
async function publish(unfinished: string, folder: string): Promise<void> {
  try {
    await rename(unfinished, folder);
  } catch (error) {
    if (!isErrnoError(error) || (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST')) throw error;
    await rm(unfinished, { recursive: true, force: true });
  }
}

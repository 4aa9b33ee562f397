/** metrics.jsonl: one line per step or evaluation, readable while the run goes on. */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storageError } from '../output/storage-error.js';

export interface JsonlLog {
  /** @throws STORAGE when the line can't be written; the file then still ends with a whole line. */
  append(record: object): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param mode new replaces the log of an earlier run in the same folder; append goes on behind its last line, which must
 *   be whole.
 */
export async function openJsonlLog(path: string, mode: 'new' | 'append' = 'new'): Promise<JsonlLog> {
  const { file, bytes } = await openFile(path, mode === 'new' ? 'w' : 'a+');
  let length = bytes;
  let closed = false;
  return {
    async append(record) {
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      await appendLine(file, line, length, path);
      length += line.length;
    },
    async close() {
      if (closed) return;
      closed = true;
      await file.close();
    },
  };
}

async function openFile(path: string, flags: 'w' | 'a+'): Promise<{ file: FileHandle; bytes: number }> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, flags);
    return { file, bytes: (await file.stat()).size };
  } catch (cause) {
    throw storageError(cause, path);
  }
}

async function appendLine(file: FileHandle, line: Buffer, position: number, path: string): Promise<void> {
  try {
    // write may take a part of the line only, as when the disk fills up: the rest then fails with the reason.
    for (let done = 0; done < line.length; ) {
      done += (await file.write(line, done, line.length - done, position + done)).bytesWritten;
    }
  } catch (cause) {
    await file.truncate(position).catch(() => undefined);
    throw storageError(cause, path);
  }
}

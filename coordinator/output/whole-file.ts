/** A small file that appears complete or not at all. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storageError } from './storage-error.js';

/** @throws STORAGE when it can't be written; an earlier file of that name then stays, and nothing else does. */
export async function writeWholeFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storageError(cause, path, Buffer.byteLength(content));
  }
}

/** A name for an output folder that is the same on every machine that has it, however it is mounted there. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrnoError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';

const FILE = 'folder.id';

/** Whoever asks first gives it one. @throws STORAGE */
export async function folderId(output: string): Promise<string> {
  const path = join(output, FILE);
  const id = randomUUID();
  const temporary = `${path}.${id}`;
  try {
    await mkdir(output, { recursive: true });
    await writeFile(temporary, id, { flush: true });
    await link(temporary, path).catch((error: unknown) => {
      if (!isErrnoError(error) || error.code !== 'EEXIST') throw error;
    });
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw storageError(cause, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * A file that a coordinator which was replaced may still have open: a copy takes its place, so that what that one still
 * writes goes nowhere. What was in it when the epoch began is in the copy.
 */
import { constants, copyFile, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrnoError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';
import { diskFiles } from '../snapshots/file-operations.js';

/** Does nothing where there is no file. @throws STORAGE */
export async function replaceByCopy(path: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    // Without copying a byte where the file system can.
    await copyFile(path, temporary, constants.COPYFILE_FICLONE);
    const file = await open(temporary, 'r+');
    await file.datasync().finally(() => file.close());
    await rename(temporary, path);
    await diskFiles.syncFolder(dirname(path));
  } catch (cause) {
    if (isErrnoError(cause) && cause.code === 'ENOENT') return;
    throw storageError(cause, path);
  }
}

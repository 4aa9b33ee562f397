/** Removes snapshot folders so that a crash leaves each one whole or out of sight, never a snapshot with holes. */
import { join } from 'node:path';
import { isErrnoError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';
import { diskFiles, type FileOperations } from './file-operations.js';
import { listSnapshots, removedName } from './names.js';

/** @param names snapshots in the folder. They are out of sight for good before the first of their files goes. */
export async function removeSnapshots(folder: string, names: readonly string[], files: FileOperations): Promise<void> {
  if (names.length === 0) return;
  for (const name of names) await files.rename(join(folder, name), join(folder, removedName(name)));
  await files.syncFolder(folder);
  for (const name of names) await removeTree(join(folder, removedName(name)), files);
}

/**
 * For a new run that takes the place of an older one in the same output folder.
 * @param folder `<output>/snapshots`
 */
export async function removeAllSnapshots(folder: string, files: FileOperations = diskFiles): Promise<void> {
  try {
    const { snapshots, unfinished } = await listSnapshots(folder, files);
    const names = snapshots.map(({ name }) => name);
    await removeSnapshots(folder, names, files);
    for (const name of unfinished) await removeTree(join(folder, name), files);
  } catch (cause) {
    throw storageError(cause, folder);
  }
}

/** A folder of files and folders, or a file. */
export async function removeTree(path: string, files: FileOperations): Promise<void> {
  let names: string[];
  try {
    names = await files.list(path);
  } catch (error) {
    if (!isErrnoError(error) || error.code !== 'ENOTDIR') throw error;
    return files.removeFile(path);
  }
  for (const name of names) await removeTree(join(path, name), files);
  await files.removeFolder(path);
}

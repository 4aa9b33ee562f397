/** A result folder that appears complete or not at all, and replaces an older one only when the new one is complete. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isErrnoError } from '../../core/errors.js';
import { storageError } from './storage-error.js';

/**
 * @param target the folder that results, as `<output>/adapter`.
 * @param write fills the temporary folder that it is given.
 * @throws STORAGE when the disk is full; the older folder then stays and nothing else does.
 */
export async function writeWholeFolder<Result>(
  target: string,
  write: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const temporary = hiddenNeighbour(target);
  try {
    await mkdir(temporary, { recursive: true });
    const result = await write(temporary);
    await syncFolder(temporary);
    await swap(temporary, target);
    return result;
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    throw storageError(cause, target);
  }
}

/** A folder can't be renamed onto a full one, so the older one steps aside for a moment. */
async function swap(temporary: string, target: string): Promise<void> {
  const older = hiddenNeighbour(target);
  const hadOlder = await renameIfThere(target, older);
  try {
    await rename(temporary, target);
  } catch (cause) {
    if (hadOlder) await rename(older, target);
    throw cause;
  }
  await syncFolder(dirname(target));
  await rm(older, { recursive: true, force: true });
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (cause) {
    if (isErrnoError(cause) && cause.code === 'ENOENT') return false;
    throw cause;
  }
}

/** Makes the names durable, and those of the files inside as well as what they hold. */
async function syncFolder(folder: string): Promise<void> {
  for (const path of [...(await readdir(folder, { withFileTypes: true })), undefined]) {
    if (path !== undefined && !path.isFile()) continue;
    const handle = await open(path === undefined ? folder : join(folder, path.name), 'r');
    await handle.sync().finally(() => handle.close());
  }
}

function hiddenNeighbour(target: string): string {
  return join(dirname(target), `.${basename(target)}-${randomBytes(4).toString('hex')}`);
}

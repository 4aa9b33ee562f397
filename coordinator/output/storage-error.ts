/** Files that could not be written, as errors that say where, how much was needed and what to do. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrnoError, ProspectError } from '../../core/errors.js';

const BYTES_PER_MIB = 2 ** 20;
/** errno names that mean "no room": the disk, a quota, or the process's file-size limit. */
const NO_ROOM: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file-size limit (ulimit -f) is reached',
};

/**
 * A STORAGE error for what a file operation threw; other errors come back as they are.
 * @param path file or folder that was being written.
 * @param neededBytes size of the whole, where it is known.
 */
export function storageError(thrown: unknown, path: string, neededBytes?: number): unknown {
  if (!isErrnoError(thrown) || thrown instanceof ProspectError) return thrown;
  const reason = NO_ROOM[thrown.code ?? ''];
  if (reason === undefined) {
    return new ProspectError(
      'STORAGE',
      `Can't write ${path}: ${thrown.message}. Make it writable or choose another folder.`,
      { cause: thrown },
    );
  }
  const needed = neededBytes === undefined ? '' : `${mib(neededBytes)} needed, `;
  const message = `Can't write ${path}: ${reason} (${needed}${freeSpace(path)} free). Make room or choose another output folder.`;
  return new ProspectError('STORAGE', message, { cause: thrown });
}

/** Free bytes where the file would lie: the nearest folder that exists. */
function freeSpace(path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = statfsSync(folder);
      return mib(bavail * bsize);
    } catch {
      if (folder === dirname(folder)) return 'unknown MiB';
    }
  }
}

function mib(bytes: number): string {
  return `${(bytes / BYTES_PER_MIB).toFixed(1)} MiB`;
}

/** Turns what goes wrong while the cache is written into an error that says where and why. */
import { dirname } from 'node:path';
import { isErrnoError, ProspectError } from '../../core/errors.js';

/** @throws ProspectError STORAGE instead of whatever `work` throws */
export async function guardStorage<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = isErrnoError(error) && error.code === 'ENOSPC' ? 'the disk is full' : (error as Error).message;
    throw new ProspectError('STORAGE', `${dirname(folder)}: token ids cannot be cached: ${reason}`, { cause: error });
  }
}

/** Two coordinators must not write to one output folder: `<output>/coordinator.lock` says which process has it. */
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { ProspectError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';
import { contend, isAlive, type LeasePlace, type SeenLease, type Wait } from './contend.js';
import { type Holder, nameOfHolder } from './holder.js';
import { overwriteLock, putLock, readLock, removeLock } from './lock-file.js';

/** In a run's output folder. */
export const LOCK_FILE = 'coordinator.lock';

export interface LockOptions {
  readonly path: string;
  readonly own: Holder;
  readonly wait?: Wait | undefined;
}

/**
 * Takes over the lock of a process that is gone; who waits also that of one that was silent for too long.
 * @returns the gone process that it was taken over from.
 * @throws ADDRESS_IN_USE while another coordinator holds it; STORAGE; what `wait` throws.
 */
export async function lockFolder({ path, own, wait }: LockOptions): Promise<Holder | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await contend(lockAt(path, own, wait), own, wait);
  } catch (cause) {
    throw storageError(cause, path);
  }
}

/**
 * Who has a folder, without touching it.
 * @returns undefined when nobody has.
 * @throws STORAGE for a file that is no lock.
 */
export async function lockHolder(path: string): Promise<{ holder: Holder; isAlive: boolean } | undefined> {
  const seen = await readLock(path);
  return seen && { holder: seen.holder, isAlive: await isAlive(seen.holder, hostname()) };
}

function lockAt(path: string, own: Holder, wait: Wait | undefined): LeasePlace {
  return {
    look: () => readLock(path),
    take: (seen) => (seen ? replace(path, seen, own, wait) : putLock(path, own)),
    held: (holder) => held(path, holder),
  };
}

/**
 * Several may find the same dead holder: a lock of its own, named for that holder, lets one at a time replace it. The
 * lock itself is there all the while.
 * @returns false when somebody else has replaced the dead holder, or it lives after all.
 */
async function replace(path: string, dead: SeenLease, own: Holder, wait: Wait | undefined): Promise<boolean> {
  const guard = `${path}.${dead.holder.nonce}.takeover`;
  await contend(lockAt(guard, own, wait), own, wait);
  try {
    if ((await readLock(path))?.beat !== dead.beat) return false;
    await overwriteLock(path, own);
    return true;
  } finally {
    await removeLock(guard, own);
  }
}

function held(path: string, holder: Holder): ProspectError {
  return new ProspectError(
    'ADDRESS_IN_USE',
    `output: a coordinator works on ${dirname(path)} already (${nameOfHolder(holder)}, since ${holder.since}). ` +
      'Choose another output, end that one, or let this one wait (coordinator --standby); if that machine is gone, ' +
      `remove ${path}.`,
  );
}

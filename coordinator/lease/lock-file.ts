/**
 * A lock as a file that appears with its content (by a link), so that nobody ever reads half of it. Its holder touches it
 * again and again, which shows that it lives also to those who can't see its process.
 */
import { link, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import type { SeenLease } from './contend.js';
import { type Holder, parseHolder } from './holder.js';

/** @returns false when the lock is there already. */
export async function putLock(path: string, own: Holder): Promise<boolean> {
  const temporary = await written(path, own);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isErrnoError(error) && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Whoever holds it. */
export async function overwriteLock(path: string, own: Holder): Promise<void> {
  await rename(await written(path, own), path);
}

/** @returns undefined when there is none any more. @throws STORAGE for a file that is no lock. */
export async function readLock(path: string): Promise<SeenLease | undefined> {
  try {
    // Opened anew each time: network file systems then ask their server.
    const file = await open(path, 'r');
    try {
      const holder = parseHolder(await file.readFile('utf8'));
      if (!holder) throw notALock(path);
      const { mtimeMs } = await file.stat();
      return { holder, beat: `${holder.nonce} ${mtimeMs}` };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrnoError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Does nothing when somebody else holds it. */
export async function removeLock(path: string, { nonce }: Holder): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  if (parseHolder(text)?.nonce === nonce) await rm(path, { force: true });
}

async function written(path: string, own: Holder): Promise<string> {
  const temporary = `${path}.${own.nonce}`;
  await writeFile(temporary, `${JSON.stringify(own)}\n`);
  return temporary;
}

function notALock(path: string): ProspectError {
  return new ProspectError(
    'STORAGE',
    `${path} is not a lock of prospect. Remove it if no coordinator runs on this folder.`,
  );
}

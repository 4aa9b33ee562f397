/** The lock of a run's folder, touched again and again. */
import { open } from 'node:fs/promises';
import type { Beat, Renewal } from './beat.js';
import { type Holder, nameOfHolder, parseHolder } from './holder.js';
import { readLock, removeLock } from './lock-file.js';

export async function openFolderBeat(path: string, own: Holder): Promise<Beat> {
  // By its handle, the file of a successor is never touched.
  const file = await open(path, 'r');
  const opened = parseHolder(await file.readFile('utf8'));
  return {
    async renew() {
      if (opened?.nonce === own.nonce) await touch();
      const holder = (await readLock(path))?.holder ?? opened;
      // A lock that somebody has removed takes the lease from nobody.
      if (!holder || holder.nonce === own.nonce) return { kind: 'held' };
      return { kind: 'taken', by: nameOfHolder(holder) } satisfies Renewal;
    },
    release: () => removeLock(path, own),
    close: () => file.close(),
  };

  async function touch(): Promise<void> {
    const now = new Date();
    await file.utimes(now, now);
  }
}

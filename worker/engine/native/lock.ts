/**
 * One set-up at a time per cache folder, also when containers share it: the holder touches the lock's file again and
 * again, and a lock that nobody has touched for a while was left by a process that died.
 */

import { mkdir, open, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrnoError } from '../../../core/errors.js';

export interface LockTimes {
  readonly heartbeatMs: number;
  /** Untouched for so long, the lock counts as left behind. Several heartbeats. */
  readonly staleAfterMs: number;
  readonly pollMs: number;
}

const LOCK_TIMES: LockTimes = { heartbeatMs: 3000, staleAfterMs: 30_000, pollMs: 500 };

/** Runs `work` while holding the lock; waits for it as long as its holder lives. */
export async function withLock<T>(
  file: string,
  log: (line: string) => void,
  work: () => Promise<T>,
  times: LockTimes = LOCK_TIMES,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  let told = false;
  while (!(await take(file))) {
    if (isStale(await lastTouchMs(file), Date.now(), times.staleAfterMs)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) log(`another set-up is running, waiting for it (${file})`);
    told = true;
    await sleep(times.pollMs);
  }
  const heartbeat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), times.heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(file, { force: true });
  }
}

/** Whether a lock last touched then (undefined: gone) was left behind. */
export function isStale(touchedMs: number | undefined, nowMs: number, staleAfterMs: number): boolean {
  return touchedMs !== undefined && nowMs - touchedMs > staleAfterMs;
}

async function take(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx')).close();
    return true;
  } catch (error) {
    if (isErrnoError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function lastTouchMs(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return undefined;
  }
}

import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProspectError } from '../../core/errors.js';
import type { Wait } from './contend.js';
import { LOCK_FILE, lockFolder } from './folder-lock.js';
import { type Holder, newHolder } from './holder.js';
import { removeLock } from './lock-file.js';
import { processStart } from './process-start.js';
import { LEASE_MS } from './timing.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function lock(wait?: Wait) {
  const own = await newHolder(Date.UTC(2026, 0, 1));
  const path = join(folder, LOCK_FILE);
  const gone = await lockFolder({ path, own, wait });
  return { gone, release: () => removeLock(path, own) };
}

function putLock(holder: Partial<Holder>, name = LOCK_FILE): Promise<void> {
  const whole = { pid: process.pid, host: hostname(), processStart: 'x', since: '2025-01-01', nonce: 'n', ...holder };
  return writeFile(join(folder, name), JSON.stringify(whole));
}

/** The pid of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

test('a folder that is locked is refused with the process that has it, and is free after its release', async () => {
  const first = await lock();
  const message = `a coordinator works on ${folder} already (process ${process.pid} on ${hostname()}, since 2026-01-01T`;
  await expect(lock()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE', message: expect.stringContaining(message) });
  await first.release();
  await first.release();
  expect(await readdir(folder)).toEqual([]);
  await (await lock()).release();
});

test('the lock of a process that has ended is taken over, and it is known from whom', async () => {
  const pid = deadPid();
  await putLock({ pid });
  const taken = await lock();
  expect(taken.gone).toMatchObject({ pid });
  await expect(lock()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  await taken.release();
  expect(await readdir(folder)).toEqual([]);
});

test('a process with the same pid that started at another time is another process', async () => {
  await putLock({ pid: process.pid, processStart: 'another boot/1' });
  const taken = await lock();
  expect(taken.gone).toBeDefined();
  await taken.release();
});

test('the lock of another host stays, since its processes cannot be seen', async () => {
  await putLock({ pid: deadPid(), host: 'elsewhere' });
  await expect(lock()).rejects.toMatchObject({
    message: expect.stringMatching(/on elsewhere.*remove .*coordinator\.lock/),
  });
});

describe('who waits', () => {
  const look = () => new Promise<void>((resolve) => setTimeout(resolve, 20));

  test('has the lock as soon as it is released', async () => {
    const first = await lock();
    let looks = 0;
    const second = lock(async () => {
      if (++looks === 3) await first.release();
      await look();
    });
    expect((await second).gone).toBeUndefined();
    await (await second).release();
    expect(looks).toBe(3);
  });

  test('takes over from another host that is silent, and not from one that touches its lock', async () => {
    await putLock({ host: 'elsewhere' });
    const startedMs = performance.now();
    const touchedMs = 1_000;
    const taken = await lock(async () => {
      const now = new Date();
      if (performance.now() - startedMs < touchedMs) await utimes(join(folder, LOCK_FILE), now, now);
      await look();
    });
    expect(performance.now() - startedMs).toBeGreaterThan(touchedMs + LEASE_MS - 100);
    expect(taken.gone).toMatchObject({ host: 'elsewhere' });
    await taken.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('can be told to stop', async () => {
    await putLock({ host: 'elsewhere' });
    await expect(lock(() => Promise.reject(new Error('enough')))).rejects.toThrow('enough');
  });
});

test('a file that is no lock is not touched', async () => {
  await writeFile(join(folder, 'coordinator.lock'), 'notes');
  await expect(lock()).rejects.toMatchObject({ code: 'STORAGE', message: expect.stringContaining('is not a lock') });
});

test('of many that find a dead holder at once, exactly one gets the folder', async () => {
  for (let round = 0; round < 20; round++) {
    await putLock({ pid: deadPid(), nonce: `dead${round}` });
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => lock()));
    const winners = results.filter((result) => result.status === 'fulfilled');
    const losers = results.filter((result) => result.status === 'rejected');
    expect(winners).toHaveLength(1);
    for (const { reason } of losers) expect(reason).toBeInstanceOf(ProspectError);
    await winners[0]!.value.release();
    expect(await readdir(folder)).toEqual([]);
  }
});

test('a takeover that died half-way is taken over too', async () => {
  await putLock({ pid: deadPid(), nonce: 'first' });
  await putLock({ pid: deadPid(), nonce: 'second' }, `${LOCK_FILE}.first.takeover`);
  await (await lock()).release();
  expect(await readdir(folder)).toEqual([]);
});

test('a running process has the same start whenever it is asked for', async () => {
  const start = await processStart(process.pid);
  expect(start).toBeDefined();
  expect(await processStart(process.pid)).toBe(start);
  expect(await processStart(deadPid())).toBeUndefined();
});

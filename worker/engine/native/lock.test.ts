import { existsSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isStale, withLock } from './lock.js';

const TIMES = { heartbeatMs: 5, staleAfterMs: 2000, pollMs: 1 };
const quiet = () => {};

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-lock-'));
  file = join(folder, 'deep', 'setup.lock');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the set-up lock', () => {
  it('lets one in at a time and tells the other that it waits', async () => {
    const events: string[] = [];
    let release = () => {};
    const first = withLock(file, quiet, () => new Promise<void>((resolve) => (release = resolve)), TIMES);
    await expect.poll(() => existsSync(file)).toBe(true);
    const second = withLock(
      file,
      (line) => events.push(line),
      async () => void events.push('second works'),
      TIMES,
    );
    await expect.poll(() => events.length).toBe(1);
    expect(events[0]).toContain('another set-up is running');
    events.push('first ends');
    release();
    await Promise.all([first, second]);
    expect(events.slice(1)).toEqual(['first ends', 'second works']);
  });

  it('is taken over when its holder died long ago', async () => {
    await withLock(file, quiet, async () => {}, TIMES);
    await writeFile(file, '');
    await utimes(file, new Date(0), new Date(0));
    expect(await withLock(file, quiet, async () => 'done', TIMES)).toBe('done');
  });

  it('is given back when the work fails', async () => {
    await expect(withLock(file, quiet, () => Promise.reject(new Error('no')), TIMES)).rejects.toThrow('no');
    expect(existsSync(file)).toBe(false);
  });

  it('is left behind only after the whole time has passed, and not when it is gone', () => {
    expect(isStale(1000, 3000, 2000)).toBe(false);
    expect(isStale(1000, 3001, 2000)).toBe(true);
    expect(isStale(undefined, 9999, 2000)).toBe(false);
  });
});

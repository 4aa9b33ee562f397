/** The journal can't be written any further, at a process's file-size limit. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_RIVAL } from '../../test/support/no-rival.js';
import { claimJournal } from './claim-journal.js';
import { readJournal } from './read-journal.js';
import { segmentPath } from './segments.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-journal-full-'));
});
afterEach(() => rm(folder, { recursive: true }));

const applied = (step: number) => ({ kind: 'applied', step, parameterDigest: 'p'.repeat(64) }) as const;

test('a record that does not fit is an error, as are all after it, and what was written before stays whole', async (context) => {
  const limit = (value: string) => spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${value}:`]);
  const path = segmentPath(folder, 1);
  const log = { warn: () => undefined };
  const claim = await claimJournal(folder);
  const journal = await claim.open({ goesOn: false, holder: 'test', fence: NO_RIVAL, log });
  await journal.append(applied(1));
  const { size } = await stat(path);
  if (limit(String(size + 50)).status !== 0) {
    console.warn('SKIPPED: prlimit is not here to set a file-size limit.');
    context.skip();
  }
  try {
    await expect(journal.append(applied(2))).rejects.toMatchObject({ code: 'STORAGE' });
  } finally {
    limit('unlimited');
  }
  await expect(journal.append(applied(3))).rejects.toMatchObject({ code: 'STORAGE' });
  await journal.close();
  expect((await readJournal(folder)).records).toEqual([applied(1)]);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCached, writeCached } from './cached.js';
import { createReferenceTable, type RunReferences } from './table.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-cached-'));
  path = join(folder, 'key.f64');
});
afterEach(() => rm(folder, { recursive: true }));

/** Three rows and two held-out ones. */
function tables(pairs: number): RunReferences {
  return { train: createReferenceTable(3, pairs), heldOut: createReferenceTable(2, 2) };
}

function filled(pairs: number): RunReferences {
  const { train, heldOut } = tables(pairs);
  train.matched.set([-1, -2, -3]);
  train.mismatched.forEach((_, i) => {
    train.mismatched[i] = -10 - i / 3;
  });
  heldOut.matched.set([-4, -5]);
  heldOut.mismatched.set([-6, -7]);
  return { train, heldOut };
}

test('a run of the same length finds all of it', async () => {
  await writeCached(path, 2, filled(6));
  const read = tables(6);
  expect(await readCached(path, read)).toBe(2);
  expect(read).toEqual(filled(6));
});

test.each([
  ['longer', 9],
  ['shorter', 3],
])('a %s run finds its part', async (_, pairs) => {
  await writeCached(path, 2, filled(6));
  const read = tables(pairs);
  expect(await readCached(path, read)).toBe(2);
  expect(read.train.mismatched.slice(0, 6)).toEqual(filled(6).train.mismatched.slice(0, pairs));
  expect([...read.train.mismatched.slice(6)].every(Number.isNaN)).toBe(true);
});

test('what the file does not know stays', async () => {
  const written = filled(6);
  written.train.matched[1] = Number.NaN;
  await writeCached(path, 1, written);
  const read = filled(6);
  read.train.matched[1] = -99;
  await readCached(path, read);
  expect([...read.train.matched]).toEqual([-1, -99, -3]);
});

test('a file that is cut off, or of other rows, is damaged, and one that is not there missing', async () => {
  expect(await readCached(path, tables(6))).toBe('missing');
  await writeFile(path, Buffer.alloc(70));
  expect(await readCached(path, tables(6))).toBe('damaged');
  await writeCached(path, 0, { train: createReferenceTable(1, 0), heldOut: createReferenceTable(0, 0) });
  expect(await readCached(path, tables(6))).toBe('damaged');
});

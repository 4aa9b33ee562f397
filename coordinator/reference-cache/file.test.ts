import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readReferences, writeReferences } from './file.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-references-'));
});
afterAll(() => rm(folder, { recursive: true }));

const arrays = () => [new Float64Array(3), new Float64Array(2)];

test('what was written is read back to the bit', async () => {
  const path = join(folder, 'deep', 'a.f64');
  await writeReferences(path, [Float64Array.of(-1.1, Number.NaN, -0), Float64Array.of(1 / 3, -1e300)]);
  const read = arrays();
  expect(await readReferences(path, read)).toBe('read');
  expect(read).toEqual([Float64Array.of(-1.1, Number.NaN, -0), Float64Array.of(1 / 3, -1e300)]);
  expect(await readdir(join(folder, 'deep'))).toEqual(['a.f64']);
});

test('a file that is not there is missing', async () => {
  expect(await readReferences(join(folder, 'none.f64'), arrays())).toBe('missing');
});

test.each([
  ['a bit has flipped', (bytes: Buffer) => bytes.with(40, bytes[40]! ^ 1)],
  ['the end is missing', (bytes: Buffer) => bytes.subarray(0, -8)],
  ['it is empty', () => Buffer.alloc(0)],
])('a file is damaged when %s, and nothing of it is used', async (_, damage) => {
  const path = join(folder, 'b.f64');
  await writeReferences(path, [Float64Array.of(1, 2, 3), Float64Array.of(4, 5)]);
  await writeFile(path, damage(await readFile(path)));
  const read = arrays();
  expect(await readReferences(path, read)).toBe('damaged');
  expect(read).toEqual(arrays());
});

test('a folder that cannot be made is a STORAGE error', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(writeReferences(join(folder, 'file', 'c.f64'), arrays())).rejects.toMatchObject({ code: 'STORAGE' });
});

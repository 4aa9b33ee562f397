import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { leaseLost } from '../journal/fence.js';
import { writeVersion } from './write-version.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-version-'));
  await writeFile(join(folder, 'config.json'), '{"model_type": "llama"}');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ABOUT = {
  format: 1,
  run: 'run',
  version: 1,
  step: 4,
  modelDigest: 'm',
  parameterDigest: 'p',
  evaluation: null,
  promoted: true,
  reason: 'there is no gate',
} as const;

async function* values() {
  yield Float32Array.of(1, 2, 3);
}

function version(mayAppear: () => Promise<void>) {
  const parameters = [{ name: 'layers.0.q_proj.lora_A.weight', shape: [1, 3], decayed: true }];
  const files = { baseFolder: folder, alpha: 1, parameters, values: values() };
  return writeVersion(join(folder, 'published', '1'), files, ABOUT, mayAppear);
}

test('a version appears with its manifest, and only after the look at the fence', async () => {
  const seen: string[][] = [];
  await version(async () => void seen.push((await readdir(join(folder, 'published'))).filter((name) => name === '1')));
  expect(seen).toEqual([[]]);
  expect(await readdir(join(folder, 'published', '1'))).toHaveLength(3);
});

test('a coordinator that was replaced leaves nothing', async () => {
  await expect(version(() => Promise.reject(leaseLost('by test')))).rejects.toThrow('another coordinator');
  expect(await readdir(join(folder, 'published'))).toEqual([]);
});

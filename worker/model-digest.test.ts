import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { modelFolder } from '../test/support/parity-data.js';
import { digestModelFiles } from './model-digest.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-model-'));
  await cp(modelFolder('llama-lora'), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

test('a copy of a model has the same digest', async () => {
  expect(await digestModelFiles(folder)).toBe(await digestModelFiles(modelFolder('llama-lora')));
});

test('the tokenizer does not count, a single weight does', async () => {
  const before = await digestModelFiles(folder);
  await writeFile(join(folder, 'tokenizer.json'), '{}');
  expect(await digestModelFiles(folder)).toBe(before);
  const path = join(folder, 'model.safetensors');
  const bytes = await readFile(path);
  await writeFile(path, bytes.with(bytes.length - 2, bytes.at(-2)! ^ 1));
  expect(await digestModelFiles(folder)).not.toBe(before);
});

/** The disk is full while a result is written: for real, on a tiny file system, and at a process's file-size limit. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunConfigSchema } from '../../core/config/schema.js';
import { saveTrained } from './save-trained.js';

const MODEL = fileURLToPath(new URL('../../test/parity/data/llama-full/model', import.meta.url));
/** 4 MiB of values against 1 MiB of room. */
const PARAMETERS = [
  { name: 'base_model.model.model.layers.0.mlp.up_proj.lora_A.weight', shape: [16, 65536], decayed: true },
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prospect-full-'));
});
afterEach(() => {
  spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
});

async function* zeros(): AsyncGenerator<Float32Array> {
  for (let i = 0; i < 16; i++) yield new Float32Array(65536);
}

function save(): Promise<unknown> {
  const config = RunConfigSchema.parse({ model: MODEL, output: folder, data: { train: 'rows.jsonl' } });
  return saveTrained({ config, parameters: PARAMETERS, values: zeros() });
}

function putOlderAdapter(): void {
  mkdirSync(join(folder, 'adapter'));
  writeFileSync(join(folder, 'adapter', 'older'), 'kept');
}

test('a full disk is a STORAGE error with the room that is needed, and the older adapter stays', async (context) => {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  if (mounted.status !== 0) {
    console.warn('SKIPPED: this machine does not let us mount a small tmpfs; the file-size limit is tested instead.');
    context.skip();
  }
  putOlderAdapter();
  await expect(save()).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringMatching(
      /adapter_model\.safetensors: the disk is full \(4\.0 MiB needed, [01]\.\d MiB free\)/,
    ),
  });
  expect(readdirSync(folder)).toEqual(['adapter']);
  expect(readdirSync(join(folder, 'adapter'))).toEqual(['older']);
});

test('at the file-size limit nothing half-written stays either', async (context) => {
  const limit = (value: string) => spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${value}:`]);
  if (limit('1048576').status !== 0) {
    console.warn('SKIPPED: prlimit is not here to set a file-size limit.');
    context.skip();
  }
  try {
    await expect(save()).rejects.toMatchObject({ code: 'STORAGE', message: expect.stringMatching(/ulimit.*4\.0 MiB/) });
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    limit('unlimited');
  }
});

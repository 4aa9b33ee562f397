/** The reference trainer reports how many tokens each step had: ours must be as many, or its numbers mean other things. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunConfigSchema } from '../../core/config/schema.js';
import { batchRows, stepsPerEpoch } from '../../core/order/batches.js';
import { assembleSequence } from '../../core/sequence.js';
import { openDataset } from './open-dataset.js';

interface Expected {
  readonly dataset: string;
  readonly config: { readonly max_length: number };
  readonly steps: readonly { readonly num_tokens: number }[];
}

const data = fileURLToPath(new URL('../../test/parity/data', import.meta.url));
let cacheDir: string;

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'prospect-parity-tokens-'));
});
afterAll(() => rm(cacheDir, { recursive: true }));

describe('tokens of each step', () => {
  it.each([
    { name: 'llama-full' },
    { name: 'gpt2-full' },
    { name: 'llama-truncated' },
    { name: 'qwen2-lora-chat' },
    { name: 'qwen3-lora' },
  ])('are those of the reference trainer in $name', async ({ name }) => {
    const expected = JSON.parse(await readFile(join(data, name, 'expected.json'), 'utf8')) as Expected;
    const config = RunConfigSchema.parse({
      model: join(data, name, 'model'),
      output: 'out',
      data: { train: join(data, expected.dataset), maxLength: expected.config.max_length, order: 'file' },
      training: { globalBatch: 8 },
    });
    const { train, close } = await openDataset(config, { cacheDir });
    const order = { order: 'file', seed: 0, globalBatch: 8 } as const;
    let total = 0;
    const totals = Array.from({ length: stepsPerEpoch(train.size, order) }, (_, step) => {
      for (const row of batchRows(train.classIndex(), order, 0, step)) {
        const { prompt, completion } = train.tokens(row);
        total += assembleSequence(prompt, completion, config.data).tokenIds.length;
      }
      return total;
    });
    await close();
    expect(totals).toEqual(expected.steps.map((step) => step.num_tokens));
  });
});

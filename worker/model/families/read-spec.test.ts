import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ropeFrequencies } from '../layers/rope.js';
import { readSpec } from './read-spec.js';

const LLAMA = {
  model_type: 'llama',
  vocab_size: 100,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};

function folderWith(config: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'prospect-spec-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

describe('a model’s description', () => {
  it('names an architecture that is not supported and lists those that are', async () => {
    const reading = readSpec(folderWith({ ...LLAMA, model_type: 'mamba' }));
    await expect(reading).rejects.toThrow(
      /model_type mamba is not supported. Supported are llama, mistral, qwen2, qwen3, gpt2/,
    );
  });

  it('names every field that is missing', async () => {
    const { hidden_size: _, vocab_size: __, ...rest } = LLAMA;
    await expect(readSpec(folderWith(rest))).rejects.toThrow(/vocab_size[\s\S]*hidden_size/);
  });

  it('refuses a rope type that it does not know', async () => {
    const config = { ...LLAMA, rope_scaling: { type: 'yarn', factor: 4 } };
    await expect(readSpec(folderWith(config))).rejects.toThrow(/rope type yarn is not supported/);
  });

  it('takes theta from the new and the old place', async () => {
    const old = await readSpec(folderWith({ ...LLAMA, rope_theta: 5e5 }));
    const current = await readSpec(
      folderWith({ ...LLAMA, rope_parameters: { rope_theta: 5e5, rope_type: 'default' } }),
    );
    expect(old.rope).toEqual(current.rope);
  });

  it('gives Mistral its window and Qwen2 none unless it asks for one', async () => {
    const window = { sliding_window: 32 };
    expect((await readSpec(folderWith({ ...LLAMA, model_type: 'mistral', ...window }))).windows).toEqual([32, 32]);
    expect((await readSpec(folderWith({ ...LLAMA, model_type: 'qwen2', ...window }))).windows).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('gives Qwen2 biases on queries, keys and values alone', async () => {
    const { biases } = await readSpec(folderWith({ ...LLAMA, model_type: 'qwen2' }));
    expect(biases).toEqual({ queryKeyValue: true, attentionOutput: false, mlp: false });
  });
});

describe('rotary frequencies', () => {
  const llama3 = { factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 8192 };

  it('of Llama 3 keep short wavelengths and stretch long ones by the factor', () => {
    const plain = ropeFrequencies({ theta: 5e5, linearFactor: 1 }, 64);
    const scaled = ropeFrequencies({ theta: 5e5, linearFactor: 1, llama3 }, 64);
    expect(scaled[0]).toBe(plain[0]);
    expect(scaled.at(-1)).toBeCloseTo(plain.at(-1)! / 32, 12);
    expect(scaled.every((frequency, i) => frequency <= plain[i]!)).toBe(true);
  });

  it('are all divided by a linear factor', () => {
    const plain = ropeFrequencies({ theta: 1e4, linearFactor: 1 }, 8);
    expect(ropeFrequencies({ theta: 1e4, linearFactor: 4 }, 8)).toEqual(plain.map((frequency) => frequency / 4));
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { modelFolder, PARITY_CASES, PARITY_DATA } from '../../test/support/parity-data.js';
import { generateTokens } from './generate.js';
import { mergeAdapters } from './merge.js';
import { type OpenedModel, openModel } from './open-model.js';

const PROMPT = Uint32Array.from([17, 230, 45, 301, 9]);
const GREEDY = { maxTokens: 12, temperature: 0, topP: 1, seed: 1, stopTokenIds: [] };

function argMax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

/** Greedy generation without a cache: the whole text again for every token. */
function withoutCache(model: OpenedModel, prompt: Uint32Array, count: number): number[] {
  const tokenIds = [...prompt];
  for (let made = 0; made < count; made++) tokenIds.push(argMax(model.logits(Uint32Array.from(tokenIds)).at(-1)!));
  return tokenIds.slice(prompt.length);
}

beforeAll(() => openModel({ folder: modelFolder('llama-full'), engine: 'wasm', threads: 1 }));

describe('generation', () => {
  it.each(PARITY_CASES)('with the cache gives the tokens that it gives without, for %s', async (name) => {
    const model = await openModel({ folder: modelFolder(name), engine: 'wasm', threads: 1 });
    expect([...generateTokens(model.decoder, PROMPT, GREEDY)]).toEqual(withoutCache(model, PROMPT, GREEDY.maxTokens));
  });

  it('samples the same text for the same seed and another for another', async () => {
    const model = await openModel({ folder: modelFolder('llama-full'), engine: 'wasm', threads: 1 });
    const sample = (seed: number): number[] => [
      ...generateTokens(model.decoder, PROMPT, { ...GREEDY, temperature: 1, seed }),
    ];
    expect(sample(1)).toEqual(sample(1));
    expect(sample(1)).not.toEqual(sample(2));
  });

  it('ends before a stop token', async () => {
    const model = await openModel({ folder: modelFolder('llama-full'), engine: 'wasm', threads: 1 });
    const free = [...generateTokens(model.decoder, PROMPT, GREEDY)];
    const stopped = [...generateTokens(model.decoder, PROMPT, { ...GREEDY, stopTokenIds: [free[3]!] })];
    expect(stopped).toEqual(free.slice(0, free.indexOf(free[3]!)));
  });

  it('refuses an empty prompt and one that fills the positions', async () => {
    const model = await openModel({ folder: modelFolder('llama-full'), engine: 'wasm', threads: 1 });
    expect(() => [...generateTokens(model.decoder, new Uint32Array(0), GREEDY)]).toThrow(/takes 1 to 255/);
    expect(() => [...generateTokens(model.decoder, new Uint32Array(256).fill(9), GREEDY)]).toThrow(/256 tokens/);
  });
});

describe('a merged adapter', () => {
  it.each(['llama-lora', 'qwen3-lora', 'qwen2-lora-chat'] as const)(
    'answers as the adapter beside its base does, for %s',
    async (name) => {
      const model = await openModel({
        folder: modelFolder(name),
        adapter: `${PARITY_DATA}${name}/adapter-final`,
        engine: 'wasm',
        threads: 1,
      });
      const before = model.logits(PROMPT);
      mergeAdapters(model.decoder);
      const after = model.logits(PROMPT);
      const largest = Math.max(
        ...before.flatMap((row, t) => [...row].map((value, i) => Math.abs(value - after[t]![i]!))),
      );
      expect(largest).toBeLessThan(1e-4);
    },
  );
});

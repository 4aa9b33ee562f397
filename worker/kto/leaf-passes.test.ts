/** What is kept, shared or computed again changes no bit, and leaves no memory behind. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LossSettings } from '../../core/kto.js';
import { ENGINES } from '../../test/support/engines.js';
import { modelFolder, type ParityCase } from '../../test/support/parity-data.js';
import type { Leaf, SequenceInput } from '../compute/compute.js';
import { loadEngine } from '../engine/load.js';
import { buildDecoder, weightsOf } from '../model/build-decoder.js';
import type { Decoder } from '../model/decoder.js';
import { gradientSink } from '../model/gradient-sink.js';
import { attachAdapters } from '../model/lora.js';
import { passBytes } from '../model/pass-memory.js';
import { makeTrainable } from '../model/weights.js';
import { leafGradient } from './gradient.js';
import { type LeafPasses, leafPasses } from './leaf-passes.js';
import { scoreSequences } from './score.js';

const LOSS: LossSettings = { type: 'kto', beta: 0.3, desirableWeight: 1, undesirableWeight: 1, sftWeight: 0 };
const PLENTY = 2 ** 30;
const LENGTHS = [40, 33, 12, 9, 3];
const PROMPTS = [20, 6, 11, 1, 0];

function tokens(row: number, length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, t) => (row * 131 + t * 37 + 5) % 500);
}

const SEQUENCES: SequenceInput[] = LENGTHS.map((length, row) => ({
  row,
  tokenIds: tokens(row, length),
  promptLength: PROMPTS[row]!,
  desirable: row % 2 === 0,
  referenceLogp: -5 * (length - PROMPTS[row]!),
}));

/** Each prompt with the next row's completion, in another order than the leaf's; one row has none. */
const PAIRS: SequenceInput[] = [3, 0, 2, 1].map((row) => {
  const { tokenIds, promptLength, ...sequence } = SEQUENCES[row]!;
  const partner = SEQUENCES[row + 1]!;
  const completion = partner.tokenIds.subarray(partner.promptLength);
  return {
    ...sequence,
    promptLength,
    tokenIds: Uint32Array.from([...tokenIds.subarray(0, promptLength), ...completion]),
  };
});

const LEAF: Leaf = { plan: '1.0', number: 3, sequences: SEQUENCES };

async function open(model: ParityCase, method: 'lora' | 'full'): Promise<{ decoder: Decoder; length: number }> {
  const decoder = await buildDecoder(modelFolder(model));
  const weights =
    method === 'full' ? weightsOf(decoder) : attachAdapters(decoder, { rank: 4, alpha: 8, targets: 'all-linear' }, 1);
  return { decoder, length: makeTrainable(weights).layout.length };
}

function gradientOf({ decoder, length }: { decoder: Decoder; length: number }, passes: LeafPasses): Float32Array {
  const gradient = new Float32Array(length);
  leafGradient(decoder, { leaf: LEAF, loss: LOSS, z0: 0.1, sftScale: 1 }, passes, gradientSink(gradient));
  return gradient;
}

describe.each(ENGINES)('on %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 1 }));

  it.each<[ParityCase, 'lora' | 'full']>([
    ['qwen3-lora', 'lora'],
    ['llama-full', 'full'],
    ['gpt2-full', 'full'],
  ])('of %s: a kept pass, a small budget and none give the same gradient', async (name, method) => {
    const model = await open(name, method);
    const request = { sequences: PAIRS, beside: LEAF, keepsBeside: true, policy: true, reference: false };
    const before = tf.memory().numTensors;
    const alone = gradientOf(model, leafPasses(0));
    const plenty = leafPasses(PLENTY);
    const scores = scoreSequences(model.decoder, request, plenty);
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    expect(gradientOf(model, plenty)).toEqual(alone);
    expect(tf.memory().numTensors).toBe(before);
    expect(scoreSequences(model.decoder, { ...request, keepsBeside: false }, plenty)).toEqual(scores);
    const inputsOnly = leafPasses(passBytes(model.decoder.spec, LENGTHS, 'inputs'));
    expect(scoreSequences(model.decoder, request, inputsOnly)).toEqual(scores);
    expect(gradientOf(model, inputsOnly)).toEqual(alone);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('a pair beside its leaf scores as it does alone, beyond rounding', async () => {
    const { decoder } = await open('llama-full', 'full');
    const asked = { sequences: PAIRS, policy: true, reference: false };
    const alone = scoreSequences(decoder, asked, leafPasses(0));
    const beside = scoreSequences(decoder, { ...asked, beside: LEAF }, leafPasses(0));
    for (const [i, { policyLogp }] of alone.entries()) {
      expect(Math.abs(beside[i]!.policyLogp / policyLogp - 1)).toBeLessThan(1e-6);
    }
  });

  it('the reference of a leaf that came up beside its pairs is what it is alone', async () => {
    const model = await open('qwen3-lora', 'lora');
    const unknown = SEQUENCES.map(({ referenceLogp: _, ...sequence }) => sequence);
    const leaf = { ...LEAF, sequences: unknown };
    const pairs = PAIRS.map(({ referenceLogp: _, ...pair }) => pair);
    const passes = leafPasses(PLENTY);
    scoreSequences(
      model.decoder,
      { sequences: pairs, beside: leaf, keepsBeside: true, policy: true, reference: true },
      passes,
    );
    expect(passes.references.get(0)).toHaveLength(unknown.length);
    const request = { leaf, loss: LOSS, z0: 0.1, sftScale: 1 };
    const sink = gradientSink(new Float32Array(model.length));
    const shared = leafGradient(model.decoder, request, passes, sink);
    expect(leafGradient(model.decoder, request, leafPasses(0), sink)).toEqual(shared);
  });

  it('the reference of pairs beside a leaf that is known is what it is standing alone', async () => {
    const { decoder } = await open('qwen3-lora', 'lora');
    const pairs = PAIRS.map(({ referenceLogp: _, ...pair }) => pair);
    const asked = { sequences: pairs, policy: false, reference: true };
    const alone = scoreSequences(decoder, asked, leafPasses(0));
    const passes = leafPasses(PLENTY);
    const request = { ...asked, beside: LEAF, keepsBeside: true };
    expect(scoreSequences(decoder, request, passes)).toEqual(alone);
    expect(passes.references.size).toBe(0);
  });

  it('passes of an earlier plan are dropped', async () => {
    const model = await open('llama-full', 'full');
    const passes = leafPasses(PLENTY);
    const before = tf.memory().numTensors;
    const request = { sequences: PAIRS, beside: LEAF, keepsBeside: true, policy: true, reference: false };
    scoreSequences(model.decoder, request, passes);
    const held = tf.memory().numTensors;
    scoreSequences(model.decoder, { ...request, beside: { ...LEAF, plan: '2.0' } }, passes);
    expect(tf.memory().numTensors).toBe(held);
    passes.clear();
    expect(tf.memory().numTensors).toBe(before);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { modelFolder } from '../../test/support/parity-data.js';
import type { SequenceInput } from '../compute/compute.js';
import { loadEngine } from '../engine/load.js';
import { buildDecoder, weightsOf } from '../model/build-decoder.js';
import { makeTrainable } from '../model/weights.js';
import { cutToFit, type Fits, gradientInParts, scoreInParts } from './in-parts.js';
import { leafPasses } from './leaf-passes.js';

const PROMPT = 4;
const SEQUENCES: SequenceInput[] = [30, 20, 10, 8].map((length, row) => ({
  row,
  tokenIds: Uint32Array.from({ length }, (_, t) => (row * 131 + t * 37 + 5) % 500),
  promptLength: PROMPT,
  desirable: row % 2 === 0,
  referenceLogp: -5 * (length - PROMPT),
}));
const LEAF = { plan: '1.0', number: 0, sequences: SEQUENCES };
const LOSS = { type: 'kto', beta: 0.3, desirableWeight: 1, undesirableWeight: 1, sftWeight: 0 } as const;

const always: Fits = () => true;
const upTo = (tokens: number) => (sequences: readonly SequenceInput[]) =>
  sequences.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0) <= tokens;

describe('parts', () => {
  it('are as large as fits, and a sequence that does not fit is alone', () => {
    const lengths = cutToFit(SEQUENCES, upTo(25)).map((part) => part.map(({ tokenIds }) => tokenIds.length));
    expect(lengths).toEqual([[30], [20], [10, 8]]);
  });
});

describe('a microbatch in parts', () => {
  beforeAll(() => loadEngine('wasm', { threads: 1 }));

  it('has the scores and the gradient that it has in one piece, beyond rounding, kept or not', async () => {
    const decoder = await buildDecoder(modelFolder('llama-full'));
    const { layout } = makeTrainable(weightsOf(decoder));
    const pairs = { sequences: SEQUENCES.toReversed(), beside: LEAF, policy: true, reference: false };
    const train = (fits: Fits, budgetBytes: number) => {
      const passes = leafPasses(budgetBytes);
      const scores = scoreInParts(decoder, { ...pairs, keepsBeside: true }, passes, fits);
      const into = new SharedArrayBuffer(4 * layout.length);
      gradientInParts(decoder, layout, { leaf: LEAF, loss: LOSS, z0: 0, sftScale: 1, into }, passes, fits);
      return { scores, gradient: new Float32Array(into) };
    };
    const whole = train(always, 0);
    const cut = train(upTo(25), 0);
    expect(cut.scores.map(({ row }) => row)).toEqual(whole.scores.map(({ row }) => row));
    for (const [i, { policyLogp }] of whole.scores.entries()) {
      expect(Math.abs(cut.scores[i]!.policyLogp / policyLogp - 1)).toBeLessThan(1e-6);
    }
    const difference = Math.hypot(...whole.gradient.map((value, i) => value - cut.gradient[i]!));
    expect(difference / Math.hypot(...whole.gradient)).toBeLessThan(2e-6);
    expect(train(upTo(25), 2 ** 30)).toEqual(cut);
  });
});

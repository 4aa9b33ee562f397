import { describe, expect, it } from 'vitest';
import { type StepWork, stepFlop } from './flops.js';
import { SHAPES } from './shapes.js';

/** One layer, one head of width 2 for queries, keys and values; an MLP of 3; 5 words. */
const TINY = {
  vocab_size: 5,
  hidden_size: 2,
  intermediate_size: 3,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  head_dim: 2,
  initializer_range: 1,
};
const ROW = { prompt: 2, completion: 1 };
const ONE_ROW: StepWork = { sizes: TINY, matched: [ROW], mismatched: [], loraRank: 1, referenceIsKnown: true };

/** By hand: 4 matrices of 2 × 2 and 3 of 2 × 3 at 3 positions; 1 + 2 + 3 looks, twice, 2 wide; one row of 2 × 5. */
const LINEAR = 2 * 3 * (4 * 4 + 3 * 6);
const ATTENTION = 2 * 2 * 6 * 2;
const HEAD = 2 * 10;
/** Rank 1: inputs + outputs of the seven, at 3 positions. */
const ADAPTERS = 2 * 3 * (4 * 4 + 3 * 5);

describe('stepFlop', () => {
  it('counts forward and gradients to inputs for adapters, and no gradient of base matrices', () => {
    const forward = LINEAR + ATTENTION + HEAD + ADAPTERS;
    const backward = LINEAR + 2 * ATTENTION + HEAD + 2 * ADAPTERS;
    expect(stepFlop(ONE_ROW)).toBe(forward + backward);
  });

  it('adds the gradients of all weights when all are trained', () => {
    const full = stepFlop({ ...ONE_ROW, loraRank: undefined });
    expect(full).toBe(3 * LINEAR + 3 * ATTENTION + 3 * HEAD);
  });

  it('counts of a mismatched pair what comes after its prompt, and an unknown reference as one more pass of each', () => {
    const pair = stepFlop({ ...ONE_ROW, mismatched: [ROW] }) - stepFlop(ONE_ROW);
    // Two of three positions are its own, and they look 2 + 3 times.
    expect(pair).toBeCloseTo((2 * LINEAR) / 3 + (5 * ATTENTION) / 6 + HEAD + (2 * ADAPTERS) / 3, 9);
    const unknown = stepFlop({ ...ONE_ROW, referenceIsKnown: false }) - stepFlop(ONE_ROW);
    expect(unknown).toBe(LINEAR + ATTENTION + HEAD);
  });

  it('is near two forward passes and a part of a known size for the 135M shape with adapters', () => {
    const rows = new Array(8).fill({ prompt: 120, completion: 70 });
    const work = { sizes: SHAPES['135m'], matched: rows, mismatched: rows, loraRank: 16, referenceIsKnown: true };
    const linearAndHead = 2 * (106.2e6 * 8 * 190 + 576 * 49_152 * 8 * 70);
    expect(stepFlop(work) / linearAndHead).toBeGreaterThan(2.4);
    expect(stepFlop(work) / linearAndHead).toBeLessThan(2.8);
  });
});

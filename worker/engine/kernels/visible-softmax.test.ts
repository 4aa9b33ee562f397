import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/support/engines.js';
import { loadEngine } from '../load.js';
import { hasFused } from './fused.js';
import { expectNear, someTensor } from './kernel-fixture.js';
import { visibleKeys } from './visible.js';
import { composedSoftmaxGradient, composedVisibleSoftmax, softmaxGradient, visibleSoftmax } from './visible-softmax.js';

interface Case {
  readonly batch: number;
  readonly heads: number;
  readonly members: number;
  readonly queries: number;
  readonly keys: number;
}

const CASES: Case[] = [
  { batch: 2, heads: 2, members: 3, queries: 5, keys: 7 },
  { batch: 3, heads: 2, members: 3, queries: 40, keys: 75 },
];
const SCALE = 0.7;

/** Causal, with a start that moves along. */
function rangesOf({ batch, queries, keys }: Case): { from: Int32Array; to: Int32Array } {
  const to = Int32Array.from({ length: batch * queries }, (_, i) => keys - queries + 1 + (i % queries));
  return { to, from: to.map((end, i) => Math.floor((end - 1) * ((i % 3) / 3))) };
}

/** In float64. */
function plain(scores: Float32Array, { heads, members, queries, keys }: Case, from: Int32Array, to: Int32Array) {
  const out = new Float64Array(scores.length);
  for (let row = 0; row * keys < scores.length; row++) {
    const range = Math.floor(row / (members * queries * heads)) * queries + (row % queries);
    const [start, end] = [row * keys + from[range]!, row * keys + to[range]!];
    const seen = scores.subarray(start, end);
    const top = Math.max(...seen) * SCALE;
    const sum = seen.reduce((total, score) => total + Math.exp(score * SCALE - top), 0);
    for (let i = start; i < end; i++) out[i] = Math.exp(scores[i]! * SCALE - top) / sum;
  }
  return out;
}

describe.each(ENGINES)('the softmax of attention on %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 2 }));

  it.each(CASES)('agrees with float64 for $queries queries and $keys keys, as it is and composed', (size) => {
    const shape: [number, number, number] = [size.batch * size.heads, size.members * size.queries, size.keys];
    const { tensor, values } = someTensor<tf.Rank.R3>(shape, 1, 20);
    const { from, to } = rangesOf(size);
    const visible = visibleKeys(from, to, [size.batch, size.queries, size.keys]);
    const expected = plain(values, size, from, to);
    for (const softmax of [visibleSoftmax, composedVisibleSoftmax]) {
      const probabilities = softmax(tensor, SCALE, visible).dataSync();
      expectNear(probabilities, expected, 4e-6);
      expect(probabilities.every((p, i) => expected[i] !== 0 || p === 0)).toBe(true);
    }
    visible.dispose();
  });

  it.each([
    [4, 7],
    [90, 512],
  ])('has the gradient that float64 gives, [2, %i, %i]', (rows, keys) => {
    const p = someTensor<tf.Rank.R3>([2, rows, keys], 1);
    const dp = someTensor<tf.Rank.R3>([2, rows, keys], 2);
    const expected = new Float64Array(p.values.length);
    for (let start = 0; start < expected.length; start += keys) {
      let along = 0;
      for (let i = start; i < start + keys; i++) along += p.values[i]! * dp.values[i]!;
      for (let i = start; i < start + keys; i++) expected[i] = p.values[i]! * (dp.values[i]! - along) * SCALE;
    }
    for (const gradient of [softmaxGradient, composedSoftmaxGradient]) {
      expectNear(gradient(p.tensor, dp.tensor, SCALE).dataSync(), expected, 1e-5, 1);
    }
  });

  it('refuses a query that sees nothing, where it is fused', () => {
    if (!hasFused()) return;
    const visible = visibleKeys(Int32Array.of(0, 2), Int32Array.of(1, 2), [1, 2, 3]);
    const scores = someTensor<tf.Rank.R3>([1, 2, 3], 1).tensor;
    expect(() => visibleSoftmax(scores, 1, visible)).toThrow(/a range is empty or beyond the keys/);
    visible.dispose();
  });

  it('shows what is not a number instead of hiding it', () => {
    const scores = tf.fill([1, 2, 3], Number.NaN) as tf.Tensor3D;
    const visible = visibleKeys(Int32Array.of(0, 0), Int32Array.of(3, 3), [1, 2, 3]);
    expect(visibleSoftmax(scores, 1, visible).dataSync().every(Number.isNaN)).toBe(true);
    visible.dispose();
  });
});

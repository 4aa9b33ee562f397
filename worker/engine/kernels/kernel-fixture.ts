/** Inputs and comparisons for the tests that hold kernels against plain float64 arithmetic. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** Numbers from −range to range, the same for the same seed. */
export function someValues(count: number, seed: number, range = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state / 2 ** 31) * range;
  });
}

/** A tensor of them, and its values. */
export function someTensor<Rank extends tf.Rank>(shape: tf.ShapeMap[Rank], seed: number, range = 1) {
  const values = someValues(tf.util.sizeFromShape(shape), seed, range);
  return { values, tensor: tf.tensor(values.slice(), shape, 'float32') as tf.Tensor<Rank> };
}

/** Each value within `relative` of the expected one, or of `floor` where that is smaller. */
export function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, relative = 2e-6, floor = 0.1): void {
  expect(actual.length).toBe(expected.length);
  let worst = { at: -1, error: 0 };
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / Math.max(Math.abs(expected[i]!), floor);
    if (!(error <= worst.error)) worst = { at: i, error };
  }
  const { at, error } = worst;
  if (!(error <= relative)) expect.fail(`element ${at} is ${actual[at]}, not ${expected[at]}: off by ${error}`);
}

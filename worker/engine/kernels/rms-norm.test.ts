import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/support/engines.js';
import { loadEngine } from '../load.js';
import { expectNear, someTensor } from './kernel-fixture.js';
import {
  composedRmsNorm,
  composedRmsNormGradient,
  composedRmsNormWeightGradient,
  rmsNorm,
  rmsNormGradient,
  rmsNormWeightGradient,
} from './rms-norm.js';

const EPSILON = 1e-3;

/** Rows too few to share among threads, rows enough for it, and widths that fill no vector. */
const SHAPES: [number, number][] = [
  [3, 37],
  [130, 576],
  [5, 8],
];

/** In float64. */
function plain(x: Float32Array, weight: Float32Array, dy: Float32Array) {
  const width = weight.length;
  const [y, dx, dw] = [new Float64Array(x.length), new Float64Array(x.length), new Float64Array(width)];
  for (let start = 0; start < x.length; start += width) {
    const row = x.subarray(start, start + width);
    const inverse = 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / width + EPSILON);
    const along = row.reduce((sum, value, i) => sum + dy[start + i]! * weight[i]! * value * inverse, 0) / width;
    row.forEach((value, i) => {
      const h = value * inverse;
      y[start + i] = h * weight[i]!;
      dx[start + i] = (dy[start + i]! * weight[i]! - h * along) * inverse;
      dw[i]! += dy[start + i]! * h;
    });
  }
  return { y, dx, dw };
}

describe.each(ENGINES)('RMSNorm on %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 2 }));

  it.each(SHAPES)('[%i, %i] agrees with float64, as it is and composed', (rows, width) => {
    const x = someTensor<tf.Rank.R2>([rows, width], 1, 3);
    const weight = someTensor<tf.Rank.R1>([width], 2);
    const dy = someTensor<tf.Rank.R2>([rows, width], 3);
    const expected = plain(x.values, weight.values, dy.values);
    for (const norm of [rmsNorm, composedRmsNorm]) {
      expectNear(norm(x.tensor, weight.tensor, EPSILON).dataSync(), expected.y);
    }
    for (const gradient of [rmsNormGradient, composedRmsNormGradient]) {
      expectNear(gradient(x.tensor, weight.tensor, EPSILON, dy.tensor).dataSync(), expected.dx);
    }
    for (const gradient of [rmsNormWeightGradient, composedRmsNormWeightGradient]) {
      expectNear(gradient(x.tensor, EPSILON, dy.tensor).dataSync(), expected.dw, 1e-5, 1);
    }
  });

  it('keeps the shape of x and leaves nothing else behind', () => {
    const x = someTensor<tf.Rank.R3>([2, 3, 8], 1).tensor;
    const weight = someTensor<tf.Rank.R1>([8], 2).tensor;
    const before = tf.memory().numTensors;
    const results = [
      rmsNorm(x, weight, EPSILON),
      rmsNormGradient(x, weight, EPSILON, x),
      rmsNormWeightGradient(x, EPSILON, x),
    ];
    expect(results.map(({ shape }) => shape)).toEqual([[2, 3, 8], [2, 3, 8], [8]]);
    expect(tf.memory().numTensors).toBe(before + 3);
  });
});

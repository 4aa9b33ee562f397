import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import { ENGINES } from '../../../test/support/engines.js';
import { loadEngine } from '../load.js';
import { expectNear, someTensor } from './kernel-fixture.js';
import { composedRotate, rotate } from './rotary.js';

/** In float64. */
function plain(x: Float32Array, cos: Float32Array, sin: Float32Array, [n, heads, size]: number[], direction: number) {
  const half = size! / 2;
  const out = new Float64Array(x.length);
  for (let row = 0; row < n!; row++)
    for (let head = 0; head < heads!; head++)
      for (let i = 0; i < half; i++) {
        const at = (row * heads! + head) * size! + i;
        const [c, s] = [cos[row * half + i]!, sin[row * half + i]! * direction];
        out[at] = x[at]! * c - x[at + half]! * s;
        out[at + half] = x[at + half]! * c + x[at]! * s;
      }
  return out;
}

describe.each(ENGINES)('rotary positions on %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 2 }));

  it.each([
    [3, 2, 8],
    [200, 9, 64],
    [2, 3, 42],
  ])('[%i, %i, %i] agree with float64 in both directions, as they are and composed', (n, heads, size) => {
    const x = someTensor<tf.Rank.R3>([n, heads, size], 1);
    const cos = someTensor<tf.Rank.R2>([n, size / 2], 2);
    const sin = someTensor<tf.Rank.R2>([n, size / 2], 3);
    for (const direction of [1, -1] as const) {
      const expected = plain(x.values, cos.values, sin.values, [n, heads, size], direction);
      for (const turn of [rotate, composedRotate]) {
        expectNear(turn(x.tensor, cos.tensor, sin.tensor, direction).dataSync(), expected);
      }
    }
  });
});

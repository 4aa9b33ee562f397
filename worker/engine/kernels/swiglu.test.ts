import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import { ENGINES } from '../../../test/support/engines.js';
import { loadEngine } from '../load.js';
import { expectNear, someTensor } from './kernel-fixture.js';
import { composedSwiglu, composedSwigluGradient, swiglu, swigluGradient } from './swiglu.js';

describe.each(ENGINES)('SwiGLU on %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 2 }));

  it.each([
    [3, 37],
    [130, 1536],
  ])('[%i, %i] agrees with float64, as it is and composed', (rows, width) => {
    const gate = someTensor<tf.Rank.R2>([rows, width], 1, 12);
    const up = someTensor<tf.Rank.R2>([rows, width], 2);
    const dy = someTensor<tf.Rank.R2>([rows, width], 3);
    const s = Float64Array.from(gate.values, (value) => 1 / (1 + Math.exp(-value)));
    const silu = s.map((value, i) => value * gate.values[i]!);
    for (const forward of [swiglu, composedSwiglu]) {
      const y = silu.map((value, i) => value * up.values[i]!);
      expectNear(forward(gate.tensor, up.tensor).dataSync(), y);
    }
    for (const gradient of [swigluGradient, composedSwigluGradient]) {
      const { dGate, dUp } = gradient(gate.tensor, up.tensor, dy.tensor);
      const slope = s.map((value, i) => value * (1 + gate.values[i]! * (1 - value)));
      expectNear(
        dGate.dataSync(),
        slope.map((value, i) => value * dy.values[i]! * up.values[i]!),
      );
      expectNear(
        dUp.dataSync(),
        silu.map((value, i) => value * dy.values[i]!),
      );
    }
  });

  it('saturates at gates beyond what an exponential can hold', () => {
    const gate = tf.tensor1d([90, 200, 1e30]);
    const one = tf.onesLike(gate);
    expectNear(swiglu(gate, one).dataSync(), gate.dataSync());
    expectNear(swiglu(tf.neg(gate), one).dataSync(), [0, 0, 0], 1e-30, 1);
  });
});

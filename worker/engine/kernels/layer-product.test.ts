import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/support/engines.js';
import { loadEngine } from '../load.js';
import { layerProduct, usePrecision } from './layer-product.js';
import { matMul } from './matmul.js';

afterEach(() => usePrecision('float32'));

describe.runIf(ENGINES.includes('tensorflow'))('bfloat16 products on the native engine', () => {
  beforeAll(() => loadEngine('tensorflow', { threads: 1 }));

  it.each([{}, { a: true }, { b: true }, { a: true, b: true }])(
    'have eight bits of precision, transposed as %o',
    (flags) => {
      const [a, b] = [tf.randomNormal([24, 24], 0, 1, 'float32', 1), tf.randomNormal([24, 24], 0, 1, 'float32', 2)];
      const before = tf.memory().numTensors;
      const exact = matMul(a, b, flags).dataSync();
      usePrecision('bfloat16');
      const out = layerProduct(a, b, flags);
      expect(tf.memory().numTensors).toBe(before + 2);
      const rounded = out.dataSync();
      const difference = Math.hypot(...exact.map((value, i) => value - rounded[i]!)) / Math.hypot(...exact);
      expect(difference).toBeGreaterThan(1e-4);
      expect(difference).toBeLessThan(2 ** -7);
      usePrecision('float32');
      expect(layerProduct(a, b, flags).dataSync()).toEqual(exact);
    },
  );
});

describe('bfloat16 on an engine without it', () => {
  beforeAll(() => loadEngine('wasm', { threads: 1 }));

  it('is refused with what to do', () => {
    expect(() => usePrecision('bfloat16')).toThrow(/needs a native engine.*wasm.*prospect setup.*float32/);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/support/engines.js';
import { loadEngine } from '../load.js';
import {
  type AdaptedGroup,
  adaptedProducts,
  adaptedProductsGradient,
  composedAdaptedProducts,
  composedAdaptedProductsGradient,
} from './adapted-products.js';
import { hasFusedProducts } from './fused.js';
import { expectNear, someTensor } from './kernel-fixture.js';

const [ROWS, INPUTS, RANK] = [45, 300, 6];
const OUTPUTS = [70, 33, 16];

function groupOf(layout: 'outIn' | 'inOut', outputs: readonly number[]): AdaptedGroup {
  const layers = outputs.map((width, i) => ({
    weight: someTensor<tf.Rank.R2>(layout === 'outIn' ? [width, INPUTS] : [INPUTS, width], 10 + i).tensor,
    a: someTensor<tf.Rank.R2>([RANK, INPUTS], 20 + i).tensor,
    b: someTensor<tf.Rank.R2>([width, RANK], 30 + i).tensor,
  }));
  return { layers, layout, scale: 1.7 };
}

describe.each(ENGINES)('layers with adapters on %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 2 }));

  const x = () => someTensor<tf.Rank.R2>([ROWS, INPUTS], 1).tensor;

  it.each([
    { layout: 'outIn', outputs: OUTPUTS },
    { layout: 'inOut', outputs: OUTPUTS },
    { layout: 'outIn', outputs: [64] },
  ] as const)('$outputs.length of them, stored $layout, are what they are when composed', ({ layout, outputs }) => {
    const group = groupOf(layout, outputs);
    const [fused, composed] = [adaptedProducts(group, x()), composedAdaptedProducts(group, x())];
    for (const [i, y] of fused.entries()) {
      expect(y.shape).toEqual([ROWS, outputs[i]]);
      expectNear(y.dataSync(), composed[i]!.dataSync(), 1e-5, 10);
    }
    const dys = outputs.map((width, i) => someTensor<tf.Rank.R2>([ROWS, width], 40 + i).tensor);
    const made = adaptedProductsGradient(group, x(), dys);
    const expected = composedAdaptedProductsGradient(group, x(), dys);
    expectNear(made.dx.dataSync(), expected.dx.dataSync(), 1e-5, 10);
    for (const [i, { da, db }] of made.adapters.entries()) {
      expectNear(da.dataSync(), expected.adapters[i]!.da.dataSync(), 1e-5, 10);
      expectNear(db.dataSync(), expected.adapters[i]!.db.dataSync(), 1e-5, 10);
    }
  });

  it('are refused when an adapter does not fit its layer, where they are fused', () => {
    if (!hasFusedProducts()) return;
    const { layers, ...rest } = groupOf('outIn', [64]);
    const group = { ...rest, layers: layers.map((layer) => ({ ...layer, b: tf.zeros([63, RANK]) })) };
    expect(() => adaptedProducts(group, x())).toThrow(/do not fit together/);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { layoutOf } from '../../../core/parameters.js';
import { ENGINES } from '../../../test/support/engines.js';
import { adamState, adamUpdate } from '../../optimizer/adamw.js';
import { loadEngine } from '../load.js';
import { addInto, flatStore, loadInPlace, normOf } from './flat.js';
import { someTensor, someValues } from './kernel-fixture.js';

/** More than one block of each loop, and not a whole number of lanes. */
const LENGTH = 150_003;

/** Some of them below the smallest normal float32, which some threads of an engine take for zero. */
function values(seed: number, length = LENGTH): Float32Array {
  return someValues(length, seed).map((value, i) => (i % 5 === 0 ? value * 1e-40 : value));
}

/** In memory that threads share, as gradients are. */
function shared(from: Float32Array): Float32Array {
  const array = new Float32Array(new SharedArrayBuffer(from.byteLength));
  array.set(from);
  return array;
}

describe.each(ENGINES)('flat arrays with %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 2 }));

  it('take a tensor at its place, or add it there, bit for bit', () => {
    const { tensor, values: stored } = someTensor<tf.Rank.R2>([300, 400], 1);
    const flat = shared(values(2));
    const expected = flat.slice();
    flatStore(flat).store(tensor, 7, false);
    expected.set(stored, 7);
    expect(flat).toEqual(expected);
    flatStore(flat).store(tensor, 8, true);
    for (let i = 0; i < stored.length; i++) expected[8 + i]! += stored[i]!;
    expect(flat).toEqual(expected);
  });

  it('are written into tensors, where the engine can', () => {
    const flat = shared(values(3));
    const tensor = tf.mul(tf.ones([10, 20]), 2);
    expect(loadInPlace(flat, [{ tensor, offset: 11 }])).toBe(engine === 'tensorflow');
    const expected = engine === 'tensorflow' ? flat.slice(11, 211) : new Float32Array(200).fill(2);
    expect(tensor.dataSync()).toEqual(expected);
  });

  it('are added and measured with the same bits on every engine', () => {
    const [a, b] = [shared(values(4)), shared(values(5))];
    const expected = a.map((value, i) => value + b[i]!);
    addInto(a, b);
    expect(a).toEqual(expected);
    expect(normOf(values(6))).toBe(NORM);
    expect(NORM).toBeCloseTo(Math.sqrt(values(6).reduce((sum, value) => sum + value * value, 0)), 9);
    expect(normOf(new Float32Array())).toBe(0);
  });

  it('are updated by AdamW with the bits of the plain loop', () => {
    const layout = layoutOf([
      { name: 'matrix', shape: [3, 50_000], decayed: true },
      { name: 'bias', shape: [3], decayed: false },
    ]);
    const [weights, state] = [shared(values(7)), adamState(LENGTH)];
    const [expected, plain] = [values(7), adamState(LENGTH)];
    for (let update = 1; update <= 3; update++) {
      const gradient = values(7 + update);
      const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 };
      adamUpdate(layout, weights, state, { gradient, norm: 2, learningRate: 1e-3, updateNumber: update }, settings);
      plainUpdate(expected, plain, gradient, update);
    }
    expect(weights).toEqual(expected);
    expect(state).toEqual(plain);
  });
});

/** Of values(6). A gradient is scaled by it, so it must be the same to the last bit everywhere. */
const NORM = 199.68832589178396;

function plainUpdate(weights: Float32Array, state: ReturnType<typeof adamState>, gradient: Float32Array, step: number) {
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i]! * (1 / (2 + 1e-6));
    const m = 0.9 * state.first[i]! + (1 - 0.9) * g;
    const v = 0.999 * state.second[i]! + (1 - 0.999) * g * g;
    state.first[i] = m;
    state.second[i] = v;
    const decay = i < 150_000 ? 1 - 1e-3 * 0.1 : 1;
    const change = ((1e-3 / (1 - 0.9 ** step)) * m) / (Math.sqrt(v) / Math.sqrt(1 - 0.999 ** step) + 1e-8);
    weights[i] = weights[i]! * decay - change;
  }
}

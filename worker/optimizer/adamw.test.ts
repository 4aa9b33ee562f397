import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../core/parameters.js';
import { adamState, adamUpdate } from './adamw.js';

const SETTINGS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: 1e9 };
const LAYOUT = layoutOf([
  { name: 'matrix', shape: [1, 2], decayed: true },
  { name: 'bias', shape: [1], decayed: false },
]);

describe('AdamW', () => {
  it('moves by the learning rate against the sign in its first step', () => {
    const values = Float32Array.from([1, 1, 1]);
    const gradient = Float32Array.from([0.5, -2, 0]);
    adamUpdate(LAYOUT, values, adamState(3), { gradient, norm: 2, learningRate: 0.1, updateNumber: 1 }, SETTINGS);
    expect(values[0]).toBeCloseTo(0.9, 6);
    expect(values[1]).toBeCloseTo(1.1, 6);
    expect(values[2]).toBe(1);
  });

  it('follows the published recursion over several steps', () => {
    const values = Float32Array.from([0.3, 0, 0]);
    const state = adamState(3);
    let [m, v, expected] = [0, 0, 0.3];
    for (let step = 1; step <= 5; step++) {
      const g = Math.cos(step);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      expected -= (0.01 * (m / (1 - 0.9 ** step))) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-8);
      const gradient = Float32Array.from([g, 0, 0]);
      adamUpdate(
        LAYOUT,
        values,
        state,
        { gradient, norm: Math.abs(g), learningRate: 0.01, updateNumber: step },
        SETTINGS,
      );
    }
    expect(values[0]).toBeCloseTo(expected, 6);
  });

  it('decays matrices and leaves biases alone', () => {
    const values = Float32Array.from([1, 1, 1]);
    const step = { gradient: new Float32Array(3), norm: 0, learningRate: 0.1, updateNumber: 1 };
    adamUpdate(LAYOUT, values, adamState(3), step, { ...SETTINGS, weightDecay: 0.5 });
    expect([...values]).toEqual([Math.fround(0.95), Math.fround(0.95), 1]);
  });

  it('scales the gradient down to the norm it is clipped to', () => {
    const state = adamState(3);
    const step = { gradient: Float32Array.from([3, 4, 0]), norm: 5, learningRate: 0.1, updateNumber: 1 };
    adamUpdate(LAYOUT, new Float32Array(3), state, step, { ...SETTINGS, clipNorm: 0.5 });
    expect(state.first[0]).toBeCloseTo(0.1 * 0.3, 6);
    expect(state.first[1]).toBeCloseTo(0.1 * 0.4, 6);
  });
});

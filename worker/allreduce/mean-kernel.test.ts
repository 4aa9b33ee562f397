import { expect, test } from 'vitest';
import { addInto, meanInto } from './mean-kernel.js';

const LENGTH = 2 * 16 * 1024 + 7;

/** All kinds of float32: any bits but NaN's, whose payload nobody compares. */
function anyFloats(seed: number): Float32Array {
  let state = seed;
  const bits = Uint32Array.from({ length: LENGTH }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state ^ (state >>> 15);
  });
  return new Float32Array(bits.buffer).map((value) => (Number.isNaN(value) ? 0 : value));
}

const [a, b] = [anyFloats(1), anyFloats(2)];
// Subnormals, zeros with signs, infinities.
a.set([1e-45, -0, 0, Number.POSITIVE_INFINITY, 3.4e38, -1e-40]);
b.set([1e-45, -0, -0, 1, 3.4e38, 1e-45]);

test('sums have the bits of the sums in JavaScript', () => {
  const sums = new Float32Array(LENGTH);
  addInto(a, b, sums);
  expect(Buffer.from(sums.buffer).equals(Buffer.from(a.map((value, i) => value + b[i]!).buffer))).toBe(true);
});

test.each([1, 3, 24, 4096, 1_000_003])('means over %i have the bits of rounded sums, divided', (divisor) => {
  const means = new Float32Array(new SharedArrayBuffer(LENGTH * 4));
  meanInto(a, b, divisor, means);
  const expected = a.map((value, i) => Math.fround(value + b[i]!) / divisor);
  expect(Buffer.from(means.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
});

test('a sum may be put where one of its parts lies', () => {
  const sums = a.slice();
  addInto(sums, b, sums);
  expect(Buffer.from(sums.buffer).equals(Buffer.from(a.map((value, i) => value + b[i]!).buffer))).toBe(true);
});

import { expect, test } from 'vitest';
import { nodeKey } from '../../core/reduction-tree.js';
import { BLOCK_ELEMENTS } from './mean-kernel.js';
import { finishTree } from './slice-tree.js';

/** More than a block, and no multiple of four. */
const LENGTH = 2 * BLOCK_ELEMENTS + 7;

/** All kinds of float32: any bits but NaN's, whose payload nobody compares. */
function anyFloats(seed: number): Float32Array {
  let state = seed;
  const bits = Uint32Array.from({ length: LENGTH }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state ^ (state >>> 15);
  });
  return new Float32Array(bits.buffer).map((value) => (Number.isNaN(value) ? 0 : value));
}

const [a, b, c] = [anyFloats(1), anyFloats(2), anyFloats(3)];
// Subnormals, zeros with signs, infinities.
a.set([1e-45, -0, 0, Number.POSITIVE_INFINITY, 3.4e38, -1e-40]);
b.set([1e-45, -0, -0, 1, 3.4e38, 1e-45]);
c.set([1e-45, -0, -0, 1, -3.4e38, 1e-45]);

const plus = (left: Float32Array, right: Float32Array) => left.map((value, i) => value + right[i]!);
const over = (sum: Float32Array, divisor: number) => sum.map((value) => value / divisor);
const leaves = (...values: Float32Array[]) =>
  new Map(values.map((value, index) => [nodeKey({ level: 0, index }), value]));

function meanOf(sums: ReadonlyMap<string, Float32Array>, leafCount: number, divisor: number): Float32Array {
  const mean = new Float32Array(new SharedArrayBuffer(LENGTH * 4));
  finishTree(sums, leafCount, divisor, mean);
  return mean;
}

/** Equal elements may still differ in the sign of a zero. */
function expectBits(found: Float32Array, expected: Float32Array): void {
  const bitsOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
  const numbers = (values: Float32Array) => bitsOf(values.map((value) => (Number.isNaN(value) ? 0 : value)));
  expect(numbers(found).equals(numbers(expected))).toBe(true);
}

test.each([1, 3, 24, 4096, 1_000_003])('means over %i have the bits of rounded sums, divided', (divisor) => {
  expectBits(meanOf(leaves(a, b), 2, divisor), over(plus(a, b), divisor));
  expectBits(meanOf(leaves(a), 1, divisor), over(a, divisor));
});

test('sums are added as the tree says, the right half of three leaves alone', () => {
  expectBits(meanOf(leaves(a, b, c), 3, 2), over(plus(plus(a, b), c), 2));
  expectBits(meanOf(leaves(a, b, c, a, b), 5, 2), over(plus(plus(plus(a, b), plus(c, a)), b), 2));
});

test('of a subtree’s sum and its leaves’ sums, the subtree’s is taken', () => {
  const sums = leaves(c, c, a, b).set(nodeKey({ level: 1, index: 0 }), a);
  expectBits(meanOf(sums, 4, 4), over(plus(a, plus(a, b)), 4));
});

test('the sums stay as they are', () => {
  const before = a.slice();
  meanOf(leaves(a, b, c), 3, 2);
  expectBits(a, before);
});

test('a leaf that nobody sent is named', () => {
  expect(() => meanOf(leaves(a, b), 3, 1)).toThrow('no worker sent a sum that covers leaf 2');
});

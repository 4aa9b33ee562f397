import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/support/engines.js';
import { loadEngine } from '../load.js';
import { batchMatMul, matMul } from './matmul.js';

const FLAGS = [
  { a: false, b: false },
  { a: true, b: false },
  { a: false, b: true },
  { a: true, b: true },
];

/** Plain sums of products of a [n, m, k] and b [n, k, p], given as element functions. */
function product(
  a: (n: number, i: number, j: number) => number,
  b: typeof a,
  [n, m, k, p]: [number, number, number, number],
): number[] {
  const out: number[] = [];
  for (let entry = 0; entry < n; entry++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < p; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += a(entry, i, l) * b(entry, l, j);
        out.push(sum);
      }
  return out;
}

function tensorOf(
  values: (n: number, i: number, j: number) => number,
  [n, rows, columns]: [number, number, number],
  transposed: boolean,
): tf.Tensor3D {
  const [first, second] = transposed ? [columns, rows] : [rows, columns];
  const flat = new Float32Array(n * rows * columns);
  let at = 0;
  for (let entry = 0; entry < n; entry++)
    for (let i = 0; i < first; i++)
      for (let j = 0; j < second; j++) flat[at++] = transposed ? values(entry, j, i) : values(entry, i, j);
  return tf.tensor3d(flat, [n, first, second]);
}

const A = (n: number, i: number, j: number): number => Math.sin(7 * n + 3 * i + j);
const B = (n: number, i: number, j: number): number => Math.cos(5 * n + i - 2 * j);

describe.each(ENGINES)('matrix products on %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 2 }));

  describe.each(FLAGS)('with transposes $a, $b', (flags) => {
    it('a batch of products has the right values', () => {
      const out = batchMatMul(tensorOf(A, [3, 5, 4], flags.a), tensorOf(B, [3, 4, 6], flags.b), flags);
      expect(out.shape).toEqual([3, 5, 6]);
      const expected = product(A, B, [3, 5, 4, 6]);
      out.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5);
      });
    });

    it('one product has the right values', () => {
      const [a, b] = [tensorOf(A, [1, 5, 4], flags.a), tensorOf(B, [1, 4, 6], flags.b)];
      const out = matMul(tf.squeeze(a, [0]), tf.squeeze(b, [0]), flags);
      expect([...out.dataSync()].map((value) => value.toFixed(4))).toEqual(
        product(A, B, [1, 5, 4, 6]).map((value) => value.toFixed(4)),
      );
    });
  });

  it.each(
    FLAGS.flatMap((flags) =>
      [
        [1003, 131, 13],
        [33, 577, 75],
        [16, 300, 288],
      ].map((sides) => ({ flags, sides })),
    ),
  )(
    'have the right values when they are longer than a block and end within tiles: $sides, transposes $flags.a, $flags.b',
    ({ flags, sides }) => {
      const [m, k, p] = sides as [number, number, number];
      const [a, b] = [tensorOf(A, [1, m, k], flags.a), tensorOf(B, [1, k, p], flags.b)];
      const out = batchMatMul(a, b, flags).dataSync<'float32'>();
      const expected = product(A, B, [1, m, k, p]);
      const furthest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - out[i]!)), 0);
      expect(furthest).toBeLessThan(7e-7 * k);
    },
  );

  it('have the same bits for a row whatever rows are multiplied with it', () => {
    const [m, k, p] = [31, 600, 40];
    const [a, b] = [tensorOf(A, [1, m, k], false), tensorOf(B, [1, k, p], false)];
    const together = batchMatMul(a, b).dataSync();
    for (let row = 0; row < m; row++) {
      const alone = batchMatMul(tf.slice(a, [0, row, 0], [1, 1, k]), b).dataSync();
      expect(alone).toEqual(together.slice(row * p, (row + 1) * p));
    }
  });

  it('leave no tensors behind', () => {
    const [a, b] = [tensorOf(A, [3, 5, 4], true), tensorOf(B, [3, 4, 6], true)];
    const before = tf.memory().numTensors;
    batchMatMul(a, b, { a: true, b: true }).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

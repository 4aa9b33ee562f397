import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine } from '../load.js';

beforeAll(() => loadEngine('wasm', { threads: 1 }));

describe('gather on wasm', () => {
  it('takes rows in the order given, repeated ones too, and leaves no other tensor behind', () => {
    const [x, rows] = [tf.tensor3d([1, 2, 3, 4, 5, 6], [3, 1, 2]), tf.tensor1d([2, 0, 2], 'int32')];
    const before = tf.memory().numTensors;
    const gathered = tf.gather(x, rows);
    expect([...gathered.dataSync()]).toEqual([5, 6, 1, 2, 5, 6]);
    expect(gathered.shape).toEqual([3, 1, 2]);
    expect(tf.memory().numTensors).toBe(before + 1);
  });

  it('refuses a row that is not there', () => {
    expect(() => tf.gather(tf.ones([3, 2]), tf.tensor1d([3], 'int32'))).toThrow(/row 3 of 3/);
  });

  it('still gathers along other sides, and integers', () => {
    const columns = tf.gather(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor1d([1], 'int32'), 1);
    expect([...columns.dataSync()]).toEqual([2, 4]);
    const integers = tf.gather(tf.tensor1d([7, 8, 9], 'int32'), tf.tensor1d([2, 0], 'int32'));
    expect([...integers.dataSync()]).toEqual([9, 7]);
  });
});

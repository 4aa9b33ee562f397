import * as tf from '@tensorflow/tfjs-core';

/** Rows `positions` of x [n, width]. */
export function gatherRows(x: tf.Tensor, positions: Int32Array): tf.Tensor {
  return tf.tidy(() => tf.gather(x, tf.tensor1d(positions, 'int32')));
}

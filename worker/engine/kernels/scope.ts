/** Tensor life time for any shape of result, where TensorFlow.js's own types only know index signatures. */
import * as tf from '@tensorflow/tfjs-core';

/** Runs `compute` and disposes of every tensor it made, but those in its result. The result holds no typed arrays. */
export function scope<Result>(compute: () => Result): Result {
  return tf.tidy(compute as () => tf.TensorContainer) as Result;
}

/** Disposes of every tensor inside. */
export function release(held: unknown): void {
  tf.dispose(held as tf.TensorContainer);
}

/** What is read from logits, one row of them a predicted token. */
import * as tf from '@tensorflow/tfjs-core';

/** One value a row. */
export interface LogitScores {
  /** The target's logit. */
  readonly chosen: Float32Array;
  /** The largest logit. */
  readonly top: Float32Array;
  /** Sum of exp(logit − top). */
  readonly sums: Float32Array;
  /** Sum of exp(logit − top)·(logit − top). */
  readonly weighted: Float32Array;
  readonly means: Float32Array;
}

/** @param logits [rows, vocabulary] */
export function logitScores(logits: tf.Tensor2D, targets: Int32Array): LogitScores {
  const parts = tf.tidy(() => {
    const top = tf.max(logits, 1, true);
    const shifted = tf.sub(logits, top);
    const exponentials = tf.exp(shifted);
    return {
      chosen: tf.gather(tf.reshape(logits, [-1]), tf.tensor1d(flatTargets(targets, logits.shape[1]), 'int32')),
      top: tf.squeeze(top, [1]),
      sums: tf.sum(exponentials, 1),
      weighted: tf.sum(tf.mul(exponentials, shifted), 1),
      means: tf.mean(logits, 1),
    };
  });
  const read = Object.entries(parts).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]);
  tf.dispose(parts);
  return Object.fromEntries(read) as LogitScores;
}

/** d(log-prob of the target)/d(logits) = onehot(target) − softmax(logits), [rows, vocabulary] */
export function logitSlopes(logits: tf.Tensor2D, targets: Int32Array): tf.Tensor2D {
  return tf.tidy(() => {
    const chosen = tf.oneHot(tf.tensor1d(targets, 'int32'), logits.shape[1]);
    return tf.sub(chosen, tf.softmax(logits)) as tf.Tensor2D;
  });
}

function flatTargets(targets: Int32Array, vocabulary: number): Int32Array {
  return targets.map((target, row) => row * vocabulary + target);
}

/** What is read from logits, one row of them a predicted token. */
import * as tf from '@tensorflow/tfjs-core';
import { fused, hasFused } from './fused.js';

/** One value a row. */
export interface LogitScores {
  /** The target's logit. */
  readonly chosen: Float64Array;
  /** The largest logit. */
  readonly top: Float64Array;
  /** Sum of exp(logit − top). */
  readonly sums: Float64Array;
  /** Sum of exp(logit − top)·(logit − top). */
  readonly weighted: Float64Array;
  readonly means: Float64Array;
}

/** Columns of the fused operation's result: chosen, top, and three float64, each as two float32 that add up to it. */
const FUSED_COLUMNS = 8;

/** @param logits [rows, vocabulary]. Fused, the sums are taken in float64. */
export function logitScores(logits: tf.Tensor2D, targets: Int32Array): LogitScores {
  if (!hasFused()) return composedLogitScores(logits, targets);
  const result = tf.tidy(() => fused('LogitScores', [logits, tf.tensor1d(targets, 'int32')]));
  const values = result.dataSync<'float32'>();
  result.dispose();
  const column = (at: number): Float64Array =>
    Float64Array.from(targets, (_, row) => values[row * FUSED_COLUMNS + at]!);
  const pair = (at: number): Float64Array => {
    const low = column(at + 1);
    return column(at).map((high, row) => high + low[row]!);
  };
  return { chosen: column(0), top: column(1), sums: pair(2), weighted: pair(4), means: pair(6) };
}

/** d(log-prob of the target)/d(logits) = onehot(target) − softmax(logits), [rows, vocabulary] */
export function logitSlopes(logits: tf.Tensor2D, targets: Int32Array): tf.Tensor2D {
  if (!hasFused()) return composedLogitSlopes(logits, targets);
  return tf.tidy(() => fused('LogitSlopes', [logits, tf.tensor1d(targets, 'int32')]) as tf.Tensor2D);
}

export function composedLogitScores(logits: tf.Tensor2D, targets: Int32Array): LogitScores {
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
  const read = Object.entries(parts).map(([name, tensor]) => [name, Float64Array.from(tensor.dataSync())]);
  tf.dispose(parts);
  return Object.fromEntries(read) as LogitScores;
}

export function composedLogitSlopes(logits: tf.Tensor2D, targets: Int32Array): tf.Tensor2D {
  return tf.tidy(() => {
    const chosen = tf.oneHot(tf.tensor1d(targets, 'int32'), logits.shape[1]);
    return tf.sub(chosen, tf.softmax(logits)) as tf.Tensor2D;
  });
}

function flatTargets(targets: Int32Array, vocabulary: number): Int32Array {
  return targets.map((target, row) => row * vocabulary + target);
}

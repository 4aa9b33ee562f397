/** RMSNorm and LayerNorm over the last side, with their own gradients. */
import * as tf from '@tensorflow/tfjs-core';
import type { GradientSink } from '../gradient-sink.js';
import type { Weight } from '../weights.js';

export interface Norm {
  readonly kind: 'rms' | 'layer';
  readonly epsilon: number;
  /** [width] */
  readonly weight: Weight;
  readonly bias?: Weight;
}

/** x [n, width] → [n, width] */
export function normForward(norm: Norm, x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const scaled = tf.mul(standardise(norm, x).normal, norm.weight.tensor);
    return norm.bias === undefined ? scaled : tf.add(scaled, norm.bias.tensor);
  });
}

/**
 * Gradient with respect to x; the statistics are computed again from x rather than kept.
 * With h = (x − mean)/σ and d = dy·w: dx = (d − mean(d) − h·mean(d·h)) / σ, without mean(d) for RMSNorm.
 */
export function normBackward(norm: Norm, x: tf.Tensor, dy: tf.Tensor, sink: GradientSink): tf.Tensor {
  return tf.tidy(() => {
    const { normal, inverse } = standardise(norm, x);
    const width = norm.weight.shape[0]!;
    const rows = (tensor: tf.Tensor): tf.Tensor => tf.reshape(tensor, [-1, width]);
    if (norm.weight.slot !== undefined) sink.add(norm.weight, tf.sum(rows(tf.mul(dy, normal)), 0));
    if (norm.bias?.slot !== undefined) sink.add(norm.bias, tf.sum(rows(dy), 0));
    const d = tf.mul(dy, norm.weight.tensor);
    const along = tf.mul(normal, tf.mean(tf.mul(d, normal), -1, true));
    const centred = norm.kind === 'rms' ? d : tf.sub(d, tf.mean(d, -1, true));
    return tf.mul(tf.sub(centred, along), inverse);
  });
}

/** normal = (x − mean)·inverse, inverse = 1/√(variance + ε); RMSNorm has mean 0. */
function standardise(norm: Norm, x: tf.Tensor): { normal: tf.Tensor; inverse: tf.Tensor } {
  const centred = norm.kind === 'rms' ? x : tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), norm.epsilon));
  return { normal: tf.mul(centred, inverse), inverse };
}

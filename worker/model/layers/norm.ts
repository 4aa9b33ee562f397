/** RMSNorm and LayerNorm over the last side, with their own gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { rmsNorm, rmsNormGradient, rmsNormWeightGradient } from '../../engine/kernels/rms-norm.js';
import type { GradientSink } from '../gradient-sink.js';
import type { Weight } from '../weights.js';

export interface Norm {
  readonly kind: 'rms' | 'layer';
  readonly epsilon: number;
  /** [width] */
  readonly weight: Weight;
  readonly bias?: Weight;
}

/** x [.., width] → [.., width] */
export function normForward(norm: Norm, x: tf.Tensor): tf.Tensor {
  if (norm.kind === 'rms') return rmsNorm(x, norm.weight.tensor, norm.epsilon);
  return tf.tidy(() => {
    const scaled = tf.mul(standardise(norm, x).normal, norm.weight.tensor);
    return norm.bias === undefined ? scaled : tf.add(scaled, norm.bias.tensor);
  });
}

/** Gradient with respect to x; the statistics are computed again from x rather than kept. */
export function normBackward(norm: Norm, x: tf.Tensor, dy: tf.Tensor, sink: GradientSink): tf.Tensor {
  if (norm.kind === 'layer') return layerNormBackward(norm, x, dy, sink);
  if (norm.weight.slot !== undefined) {
    tf.tidy(() => sink.add(norm.weight, rmsNormWeightGradient(x, norm.epsilon, dy)));
  }
  return rmsNormGradient(x, norm.weight.tensor, norm.epsilon, dy);
}

/** With h = (x − mean)/σ and d = dy·w: dx = (d − mean(d) − h·mean(d·h)) / σ. */
function layerNormBackward(norm: Norm, x: tf.Tensor, dy: tf.Tensor, sink: GradientSink): tf.Tensor {
  return tf.tidy(() => {
    const { normal, inverse } = standardise(norm, x);
    const width = norm.weight.shape[0]!;
    const rows = (tensor: tf.Tensor): tf.Tensor => tf.reshape(tensor, [-1, width]);
    if (norm.weight.slot !== undefined) sink.add(norm.weight, tf.sum(rows(tf.mul(dy, normal)), 0));
    if (norm.bias?.slot !== undefined) sink.add(norm.bias, tf.sum(rows(dy), 0));
    const d = tf.mul(dy, norm.weight.tensor);
    const along = tf.mul(normal, tf.mean(tf.mul(d, normal), -1, true));
    return tf.mul(tf.sub(tf.sub(d, tf.mean(d, -1, true)), along), inverse);
  });
}

/** normal = (x − mean)·inverse, inverse = 1/√(variance + ε) */
function standardise({ epsilon }: Norm, x: tf.Tensor): { normal: tf.Tensor; inverse: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { normal: tf.mul(centred, inverse), inverse };
}

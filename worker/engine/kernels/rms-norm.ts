/** RMSNorm (Zhang and Sennrich, arXiv 1910.07467) over the last side: y = x·w/√(mean x² + ε). */
import * as tf from '@tensorflow/tfjs-core';
import { fused, hasFused } from './fused.js';

/** x [.., width], weight [width] → [.., width] */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, epsilon: number): tf.Tensor {
  return hasFused() ? fused('RmsNorm', [x, weight], { epsilon }) : composedRmsNorm(x, weight, epsilon);
}

/** Gradient of x. With h = x/√(…) and d = dy·w: (d − h·mean(d·h))/√(…). */
export function rmsNormGradient(x: tf.Tensor, weight: tf.Tensor, epsilon: number, dy: tf.Tensor): tf.Tensor {
  if (hasFused()) return fused('RmsNormGradient', [x, weight, dy], { epsilon });
  return composedRmsNormGradient(x, weight, epsilon, dy);
}

/** Gradient of the weight [width]: dy·h summed over all rows. */
export function rmsNormWeightGradient(x: tf.Tensor, epsilon: number, dy: tf.Tensor): tf.Tensor {
  if (hasFused()) return fused('RmsNormWeightGradient', [x, dy], { epsilon });
  return composedRmsNormWeightGradient(x, epsilon, dy);
}

export function composedRmsNorm(x: tf.Tensor, weight: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.tidy(() => tf.mul(tf.mul(x, inverseOf(x, epsilon)), weight));
}

export function composedRmsNormGradient(x: tf.Tensor, weight: tf.Tensor, epsilon: number, dy: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const inverse = inverseOf(x, epsilon);
    const normal = tf.mul(x, inverse);
    const d = tf.mul(dy, weight);
    return tf.mul(tf.sub(d, tf.mul(normal, tf.mean(tf.mul(d, normal), -1, true))), inverse);
  });
}

export function composedRmsNormWeightGradient(x: tf.Tensor, epsilon: number, dy: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const width = x.shape.at(-1)!;
    return tf.sum(tf.reshape(tf.mul(dy, tf.mul(x, inverseOf(x, epsilon))), [-1, width]), 0);
  });
}

function inverseOf(x: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
}

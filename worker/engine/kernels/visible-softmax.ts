/** Softmax over the keys that each query sees, and its gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { fused, hasFused } from './fused.js';
import type { Visible } from './visible.js';

/**
 * softmax(scores·scale) over visible keys, 0 elsewhere.
 * @param scores [batch·h, g·queries, keys]: row r of entry e belongs to sequence e/h and query r mod queries.
 */
export function visibleSoftmax(scores: tf.Tensor3D, scale: number, visible: Visible): tf.Tensor3D {
  if (!hasFused()) return composedVisibleSoftmax(scores, scale, visible);
  return fused('VisibleSoftmax', [scores, visible.from, visible.to], { scale }) as tf.Tensor3D;
}

/** Gradient of the scores: p∘(dp − Σ dp∘p)·scale over the last side. */
export function softmaxGradient(probabilities: tf.Tensor3D, dProbabilities: tf.Tensor3D, scale: number): tf.Tensor3D {
  if (!hasFused()) return composedSoftmaxGradient(probabilities, dProbabilities, scale);
  return fused('SoftmaxGradient', [probabilities, dProbabilities], { scale }) as tf.Tensor3D;
}

export function composedVisibleSoftmax(scores: tf.Tensor3D, scale: number, visible: Visible): tf.Tensor3D {
  return tf.tidy(() => {
    const bySequence = tf.reshape(scores, [visible.batch, -1, visible.queries, visible.keys]);
    const masked = tf.add(tf.mul(bySequence, scale), visible.mask());
    return tf.reshape(tf.softmax(masked), scores.shape);
  });
}

export function composedSoftmaxGradient(
  probabilities: tf.Tensor3D,
  dProbabilities: tf.Tensor3D,
  scale: number,
): tf.Tensor3D {
  return tf.tidy(() => {
    const weighted = tf.mul(dProbabilities, probabilities);
    return tf.mul(tf.sub(weighted, tf.mul(probabilities, tf.sum(weighted, -1, true))), scale);
  });
}

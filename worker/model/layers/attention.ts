/**
 * Causal attention with grouped queries. Heads that share keys and values are folded into rows, so that nothing is
 * repeated: q [batch·kvHeads, group·length, headSize], k and v [batch·kvHeads, length, headSize].
 */
import * as tf from '@tensorflow/tfjs-core';
import { batchMatMul } from '../../engine/kernels/matmul.js';

export interface Heads {
  readonly batch: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly headSize: number;
}

/** Added to the scores of positions that may not be seen; exp of it is exactly 0 in float32. */
const HIDDEN = -1e9;

/** [batch, length, heads, headSize] → [batch·kvHeads, heads/kvHeads·length, headSize] */
export function foldHeads(x: tf.Tensor4D, keyValueHeadCount: number): tf.Tensor3D {
  return tf.tidy(() => {
    const [batch, length, heads, headSize] = x.shape;
    const rows = (heads / keyValueHeadCount) * length;
    return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * keyValueHeadCount, rows, headSize]);
  });
}

/** The reverse of foldHeads. */
export function unfoldHeads(x: tf.Tensor3D, batch: number, heads: number): tf.Tensor4D {
  return tf.tidy(() => {
    const headSize = x.shape[2];
    const length = (x.shape[0] * x.shape[1]) / (batch * heads);
    return tf.transpose(tf.reshape(x, [batch, heads, length, headSize]), [0, 2, 1, 3]);
  });
}

/**
 * What a query may not see, to be added to the scores: [1, group·queries, keys].
 * The queries are the last `queries` of `keys` positions.
 */
export function causalMask(group: number, queries: number, keys: number, window: number | undefined): tf.Tensor3D {
  const values = new Float32Array(group * queries * keys);
  for (let row = 0; row < group * queries; row++) {
    const position = keys - queries + (row % queries);
    for (let key = 0; key < keys; key++) {
      const seen = key <= position && (window === undefined || position - key < window);
      if (!seen) values[row * keys + key] = HIDDEN;
    }
  }
  return tf.tensor3d(values, [1, group * queries, keys]);
}

/** softmax(q·kᵀ/√headSize + mask)·v, and the probabilities for the backward pass. */
export function attend(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  mask: tf.Tensor3D,
): { out: tf.Tensor3D; probabilities: tf.Tensor3D } {
  return tf.tidy(() => {
    const scores = tf.mul(batchMatMul(q, k, { b: true }), 1 / Math.sqrt(q.shape[2]));
    const probabilities = tf.softmax(tf.add(scores, mask)) as tf.Tensor3D;
    return { out: batchMatMul(probabilities, v), probabilities };
  });
}

/** Gradients of q, k and v. With P the probabilities: dS = P∘(dP − Σ dP∘P)/√headSize. */
export function attendBackward(
  saved: { q: tf.Tensor3D; k: tf.Tensor3D; v: tf.Tensor3D; probabilities: tf.Tensor3D },
  dOut: tf.Tensor3D,
): { dq: tf.Tensor3D; dk: tf.Tensor3D; dv: tf.Tensor3D } {
  return tf.tidy(() => {
    const { q, k, v, probabilities } = saved;
    const dv = batchMatMul(probabilities, dOut, { a: true });
    const weighted = tf.mul(batchMatMul(dOut, v, { b: true }), probabilities);
    const dScores = tf.mul(
      tf.sub(weighted, tf.mul(probabilities, tf.sum(weighted, -1, true))),
      1 / Math.sqrt(q.shape[2]),
    ) as tf.Tensor3D;
    return { dq: batchMatMul(dScores, k), dk: batchMatMul(dScores, q, { a: true }), dv };
  });
}

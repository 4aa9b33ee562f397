/**
 * Causal attention with grouped queries. Heads that share keys and values are folded into rows, so that nothing is
 * repeated: q [batch·kvHeads, group·queries, headSize], k and v [batch·kvHeads, keys, headSize].
 */
import * as tf from '@tensorflow/tfjs-core';
import { batchMatMul } from '../../engine/kernels/matmul.js';
import type { Visible } from '../../engine/kernels/visible.js';
import { softmaxGradient, visibleSoftmax } from '../../engine/kernels/visible-softmax.js';

/** Rows of a flat x [n, heads, headSize] → [batch·kvHeads, heads/kvHeads·length, headSize]. @param rows [batch·length] */
export function foldRows(x: tf.Tensor3D, rows: tf.Tensor1D, batch: number, keyValueHeadCount: number): tf.Tensor3D {
  return tf.tidy(() => foldHeads(tf.gather(x, rows), batch, keyValueHeadCount));
}

/** [batch·length, heads, headSize] → [batch·kvHeads, heads/kvHeads·length, headSize] */
export function foldHeads(x: tf.Tensor3D, batch: number, keyValueHeadCount: number): tf.Tensor3D {
  return tf.tidy(() => {
    const [rows, heads, headSize] = x.shape;
    const length = rows / batch;
    const picked = tf.reshape(x, [batch, length, heads, headSize]);
    return tf.reshape(tf.transpose(picked, [0, 2, 1, 3]), [
      batch * keyValueHeadCount,
      (heads / keyValueHeadCount) * length,
      headSize,
    ]);
  });
}

/** The reverse of foldHeads. */
export function unfoldHeads(x: tf.Tensor3D, batch: number, heads: number): tf.Tensor3D {
  return tf.tidy(() => {
    const headSize = x.shape[2];
    const length = (x.shape[0] * x.shape[1]) / (batch * heads);
    const byHead = tf.reshape(x, [batch, heads, length, headSize]);
    return tf.reshape(tf.transpose(byHead, [0, 2, 1, 3]), [batch * length, heads, headSize]);
  });
}

/** softmax(q·kᵀ/√headSize)·v over what is visible, and the probabilities for the backward pass. */
export function attend(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  visible: Visible,
): { out: tf.Tensor3D; probabilities: tf.Tensor3D } {
  return tf.tidy(() => {
    const probabilities = visibleSoftmax(batchMatMul(q, k, { b: true }), 1 / Math.sqrt(q.shape[2]), visible);
    return { out: batchMatMul(probabilities, v), probabilities };
  });
}

/** What the gradient of a tile needs. */
export interface TileSaved {
  readonly q: tf.Tensor3D;
  readonly k: tf.Tensor3D;
  readonly v: tf.Tensor3D;
  readonly probabilities: tf.Tensor3D;
}

/** Gradients of q, k and v. */
export function attendBackward(
  { q, k, v, probabilities }: TileSaved,
  dOut: tf.Tensor3D,
): { dq: tf.Tensor3D; dk: tf.Tensor3D; dv: tf.Tensor3D } {
  return tf.tidy(() => {
    const dv = batchMatMul(probabilities, dOut, { a: true });
    const dScores = softmaxGradient(probabilities, batchMatMul(dOut, v, { b: true }), 1 / Math.sqrt(q.shape[2]));
    return { dq: batchMatMul(dScores, k), dk: batchMatMul(dScores, q, { a: true }), dv };
  });
}

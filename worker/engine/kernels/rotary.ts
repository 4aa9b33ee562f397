/**
 * Rotary positions (Su et al., arXiv 2104.09864) in Hugging Face's half-split form: the first half of a head is rotated
 * against the second.
 */
import * as tf from '@tensorflow/tfjs-core';
import { wasmRotate } from '../wasm/rotary.js';
import { fused, hasFused } from './fused.js';

/**
 * @param x [n, heads, size]
 * @param cos and @param sin [n, size/2], of each row's position
 * @param direction 1 rotates, −1 rotates back (the transpose)
 */
export function rotate(x: tf.Tensor3D, cos: tf.Tensor2D, sin: tf.Tensor2D, direction: 1 | -1): tf.Tensor3D {
  if (tf.getBackend() === 'wasm') return wasmRotate(x, cos, sin, direction);
  if (!hasFused()) return composedRotate(x, cos, sin, direction);
  return fused('Rotary', [x, cos, sin], { direction }) as tf.Tensor3D;
}

export function composedRotate(x: tf.Tensor3D, cos: tf.Tensor2D, sin: tf.Tensor2D, direction: 1 | -1): tf.Tensor3D {
  return tf.tidy(() => {
    const half = x.shape[2] / 2;
    const [a, b] = tf.split(x, [half, half], 2) as [tf.Tensor3D, tf.Tensor3D];
    const c = tf.reshape(cos, [-1, 1, half]);
    const s = tf.reshape(sin, [-1, 1, half]);
    const [ac, as, bc, bs] = [tf.mul(a, c), tf.mul(a, s), tf.mul(b, c), tf.mul(b, s)];
    const halves = direction === 1 ? [tf.sub(ac, bs), tf.add(bc, as)] : [tf.add(ac, bs), tf.sub(bc, as)];
    return tf.concat(halves as tf.Tensor3D[], 2);
  });
}

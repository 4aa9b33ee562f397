/** Activations of the MLP and their derivatives. */
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../spec.js';

/** √(2/π) and the cubic coefficient of gelu's tanh form (Hendrycks and Gimpel, arXiv 1606.08415). */
const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

export function activationForward(kind: Activation, x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    if (kind === 'silu') return tf.mul(x, tf.sigmoid(x));
    if (kind === 'relu') return tf.relu(x);
    if (kind === 'gelu') return tf.mul(x, normalCdf(x));
    return tf.mul(tf.mul(x, 0.5), tf.add(geluTanh(x), 1));
  });
}

/** dy times the derivative at x. */
export function activationBackward(kind: Activation, x: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(dy, derivative(kind, x)));
}

function derivative(kind: Activation, x: tf.Tensor): tf.Tensor {
  if (kind === 'silu') {
    const s = tf.sigmoid(x);
    return tf.mul(s, tf.add(tf.mul(x, tf.sub(1, s)), 1));
  }
  if (kind === 'relu') return tf.step(x);
  if (kind === 'gelu') {
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return tf.add(normalCdf(x), tf.mul(x, density));
  }
  const t = geluTanh(x);
  const inner = tf.mul(tf.add(tf.mul(tf.square(x), 3 * GELU_CUBIC), 1), GELU_SCALE);
  const slope = tf.mul(tf.mul(x, tf.sub(1, tf.square(t))), inner);
  return tf.mul(tf.add(tf.add(t, 1), slope), 0.5);
}

function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

function geluTanh(x: tf.Tensor): tf.Tensor {
  return tf.tanh(tf.mul(tf.add(x, tf.mul(tf.mul(x, tf.square(x)), GELU_CUBIC)), GELU_SCALE));
}

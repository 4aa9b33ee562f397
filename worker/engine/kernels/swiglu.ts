/** The gated activation of an MLP: silu(gate)·up (SwiGLU, Shazeer, arXiv 2002.05202). */
import * as tf from '@tensorflow/tfjs-core';
import { fused, fusedOutputs, hasFused } from './fused.js';
import { scope } from './scope.js';

export interface SwigluGradient {
  readonly dGate: tf.Tensor;
  readonly dUp: tf.Tensor;
}

/** Both [n, width] → [n, width] */
export function swiglu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return hasFused() ? fused('SwiGlu', [gate, up]) : composedSwiglu(gate, up);
}

/** Gradients of both, given that of the result. With s = sigmoid(gate): d silu = s + gate·s·(1 − s). */
export function swigluGradient(gate: tf.Tensor, up: tf.Tensor, dy: tf.Tensor): SwigluGradient {
  if (!hasFused()) return composedSwigluGradient(gate, up, dy);
  const [dGate, dUp] = fusedOutputs('SwiGluGradient', [gate, up, dy], 2) as [tf.Tensor, tf.Tensor];
  return { dGate, dUp };
}

export function composedSwiglu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up));
}

export function composedSwigluGradient(gate: tf.Tensor, up: tf.Tensor, dy: tf.Tensor): SwigluGradient {
  return scope(() => {
    const s = tf.sigmoid(gate);
    const activated = tf.mul(gate, s);
    const slope = tf.sub(tf.add(s, activated), tf.mul(activated, s));
    return { dGate: tf.mul(tf.mul(dy, up), slope), dUp: tf.mul(dy, activated) };
  });
}

/** The feed-forward half of a block: gated (SwiGLU, Shazeer, arXiv 2002.05202) or plain. */
import * as tf from '@tensorflow/tfjs-core';
import type { GradientSink } from '../gradient-sink.js';
import type { Activation } from '../spec.js';
import { activationBackward, activationForward } from './activation.js';
import { type Linear, linearBackward, linearForward, type Role } from './linear.js';

export interface Mlp {
  readonly activation: Activation;
  /** The projection that goes through the activation: gate when gated, else the only one. */
  readonly gate: Linear;
  /** Multiplies the activated gate; only in gated MLPs. */
  readonly up?: Linear;
  readonly down: Linear;
}

export interface MlpSaved {
  readonly gate: tf.Tensor;
  readonly up?: tf.Tensor;
}

/** x [n, hidden] → [n, hidden] */
export function mlpForward(mlp: Mlp, x: tf.Tensor, role: Role): { y: tf.Tensor; saved: MlpSaved } {
  return tf.tidy(() => {
    const gate = linearForward(mlp.gate, x, role);
    const up = mlp.up === undefined ? undefined : linearForward(mlp.up, x, role);
    const y = linearForward(mlp.down, inner(mlp, gate, up), role);
    return { y, saved: up === undefined ? { gate } : { gate, up } };
  });
}

/** Gradient with respect to x. */
export function mlpBackward(mlp: Mlp, x: tf.Tensor, saved: MlpSaved, dy: tf.Tensor, sink: GradientSink): tf.Tensor {
  return tf.tidy(() => {
    const { gate, up } = saved;
    const dInner = linearBackward(mlp.down, inner(mlp, gate, up), dy, sink);
    const dActivated = up === undefined ? dInner : tf.mul(dInner, up);
    const dx = linearBackward(mlp.gate, x, activationBackward(mlp.activation, gate, dActivated), sink);
    if (mlp.up === undefined) return dx;
    const dUp = tf.mul(dInner, activationForward(mlp.activation, gate));
    return tf.add(dx, linearBackward(mlp.up, x, dUp, sink));
  });
}

function inner(mlp: Mlp, gate: tf.Tensor, up: tf.Tensor | undefined): tf.Tensor {
  const activated = activationForward(mlp.activation, gate);
  return up === undefined ? activated : tf.mul(activated, up);
}

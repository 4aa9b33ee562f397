/** The feed-forward half of a block: gated (SwiGLU and its like) or plain. */
import * as tf from '@tensorflow/tfjs-core';
import { swiglu, swigluGradient } from '../../engine/kernels/swiglu.js';
import type { GradientSink } from '../gradient-sink.js';
import type { Activation } from '../spec.js';
import { activationBackward, activationForward } from './activation.js';
import { type Linear, linearBackward, linearForward, linearsBackward, linearsForward, type Role } from './linear.js';

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
    const [gate, up] = linearsForward(mlp.up === undefined ? [mlp.gate] : [mlp.gate, mlp.up], x, role);
    const saved = { gate: gate!, ...(up && { up }) };
    return { y: linearForward(mlp.down, inner(mlp, saved), role), saved };
  });
}

/** Gradient with respect to x. */
export function mlpBackward(mlp: Mlp, x: tf.Tensor, saved: MlpSaved, dy: tf.Tensor, sink: GradientSink): tf.Tensor {
  return tf.tidy(() => {
    const dInner = linearBackward(mlp.down, inner(mlp, saved), dy, sink);
    const { dGate, dUp } = innerBackward(mlp, saved, dInner);
    return dUp === undefined
      ? linearBackward(mlp.gate, x, dGate, sink)
      : linearsBackward([mlp.gate, mlp.up!], x, [dGate, dUp], sink);
  });
}

function inner({ activation }: Mlp, { gate, up }: MlpSaved): tf.Tensor {
  if (up === undefined) return activationForward(activation, gate);
  return activation === 'silu' ? swiglu(gate, up) : tf.mul(activationForward(activation, gate), up);
}

function innerBackward(
  { activation }: Mlp,
  { gate, up }: MlpSaved,
  dInner: tf.Tensor,
): { readonly dGate: tf.Tensor; readonly dUp?: tf.Tensor } {
  if (up === undefined) return { dGate: activationBackward(activation, gate, dInner) };
  if (activation === 'silu') return swigluGradient(gate, up, dInner);
  const dGate = activationBackward(activation, gate, tf.mul(dInner, up));
  return { dGate, dUp: tf.mul(dInner, activationForward(activation, gate)) };
}

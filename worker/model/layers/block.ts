/** One pre-norm transformer block: x + attention(norm(x)), then + mlp(norm(·)). */
import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../engine/kernels/scope.js';
import type { GradientSink } from '../gradient-sink.js';
import type { Role } from './linear.js';
import { type Mlp, type MlpSaved, mlpBackward, mlpForward } from './mlp.js';
import { type Norm, normBackward, normForward } from './norm.js';
import {
  type AttentionSaved,
  attentionBackward,
  attentionForward,
  type KeysAndValues,
  type Placement,
  type SelfAttention,
} from './self-attention.js';

export interface Block {
  readonly attentionNorm: Norm;
  readonly attention: SelfAttention;
  readonly mlpNorm: Norm;
  readonly mlp: Mlp;
}

/** What the backward pass needs beside the block's input; each tensor is owned by it. */
export interface BlockSaved {
  readonly attention: AttentionSaved;
  /** After the attention half. */
  readonly middle: tf.Tensor;
  readonly mlp: MlpSaved;
}

/** x [n, hidden] → y [n, hidden]. The caller owns all three results. */
export function blockForward(
  block: Block,
  x: tf.Tensor,
  placement: Placement,
  role: Role,
  earlier?: KeysAndValues,
): { y: tf.Tensor; own: KeysAndValues; saved: BlockSaved } {
  return scope(() => {
    const attentionIn = normForward(block.attentionNorm, x);
    const {
      y: attended,
      own,
      saved: attention,
    } = attentionForward(block.attention, attentionIn, placement, role, earlier);
    const middle = tf.add(x, attended);
    const { y: fed, saved: mlp } = mlpForward(block.mlp, normForward(block.mlpNorm, middle), role);
    return { y: tf.add(middle, fed), own, saved: { attention, middle, mlp } };
  });
}

/** Gradient with respect to the block's input x; norms are computed again rather than kept. */
export function blockBackward(
  block: Block,
  x: tf.Tensor,
  saved: BlockSaved,
  dy: tf.Tensor,
  placement: Placement,
  sink: GradientSink,
): tf.Tensor {
  return tf.tidy(() => {
    const mlpIn = normForward(block.mlpNorm, saved.middle);
    const dMlpIn = mlpBackward(block.mlp, mlpIn, saved.mlp, dy, sink);
    const dMiddle = tf.add(dy, normBackward(block.mlpNorm, saved.middle, dMlpIn, sink));
    const attentionIn = normForward(block.attentionNorm, x);
    const dAttentionIn = attentionBackward(block.attention, attentionIn, saved.attention, dMiddle, placement, sink);
    return tf.add(dMiddle, normBackward(block.attentionNorm, x, dAttentionIn, sink));
  });
}

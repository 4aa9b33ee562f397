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
  type KeyValueCache,
  type Positions,
  type SelfAttention,
} from './self-attention.js';

export interface Block {
  readonly attentionNorm: Norm;
  readonly attention: SelfAttention;
  readonly mlpNorm: Norm;
  readonly mlp: Mlp;
}

/** Everything the backward pass needs; each tensor is owned by it. */
export interface BlockSaved {
  readonly x: tf.Tensor;
  readonly attention: AttentionSaved;
  /** After the attention half. */
  readonly middle: tf.Tensor;
  readonly mlp: MlpSaved;
}

/** x [n, hidden] → [n, hidden]. The caller owns y and all of `saved`, which holds x itself. */
export function blockForward(
  block: Block,
  x: tf.Tensor,
  positions: Positions,
  role: Role,
  cache?: KeyValueCache,
): { y: tf.Tensor; saved: BlockSaved } {
  const { y, ...saved } = scope(() => {
    const attentionIn = normForward(block.attentionNorm, x);
    const { y: attended, saved: attention } = attentionForward(block.attention, attentionIn, positions, role, cache);
    const middle = tf.add(x, attended);
    const { y: fed, saved: mlp } = mlpForward(block.mlp, normForward(block.mlpNorm, middle), role);
    return { y: tf.add(middle, fed), attention, middle, mlp };
  });
  return { y, saved: { x, ...saved } };
}

/** Gradient with respect to the block's input; norms are computed again rather than kept. */
export function blockBackward(
  block: Block,
  saved: BlockSaved,
  dy: tf.Tensor,
  positions: Positions,
  sink: GradientSink,
): tf.Tensor {
  return tf.tidy(() => {
    const mlpIn = normForward(block.mlpNorm, saved.middle);
    const dMlpIn = mlpBackward(block.mlp, mlpIn, saved.mlp, dy, sink);
    const dMiddle = tf.add(dy, normBackward(block.mlpNorm, saved.middle, dMlpIn, sink));
    const attentionIn = normForward(block.attentionNorm, saved.x);
    const dAttentionIn = attentionBackward(block.attention, attentionIn, saved.attention, dMiddle, positions, sink);
    return tf.add(dMiddle, normBackward(block.attentionNorm, saved.x, dAttentionIn, sink));
  });
}

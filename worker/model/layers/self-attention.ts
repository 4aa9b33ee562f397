/** The attention half of a block: projections, head norms, rotary positions, attention, output projection. */
import * as tf from '@tensorflow/tfjs-core';
import { rotate } from '../../engine/kernels/rotary.js';
import { scope } from '../../engine/kernels/scope.js';
import type { GradientSink } from '../gradient-sink.js';
import { type Linear, linearBackward, linearForward, linearsBackward, linearsForward, type Role } from './linear.js';
import { type Norm, normBackward, normForward } from './norm.js';
import { type AttendedSaved, type AttentionPlan, attendPlanned, attendPlannedBackward } from './planned-attention.js';
import type { RopeRows } from './rope.js';

export interface SelfAttention {
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly headSize: number;
  /** Query, key and value projections, or one that makes all three (GPT-2). */
  readonly projections: readonly Linear[];
  readonly queryNorm?: Norm;
  readonly keyNorm?: Norm;
  readonly output: Linear;
}

/** Where the rows of a pass stand, as one layer sees it. */
export interface Placement {
  readonly rope: RopeRows | undefined;
  readonly plan: AttentionPlan;
}

/** Of all rows of a pass, placed: [n, kvHeads, headSize] each. What a later pass continues from. */
export interface KeysAndValues {
  readonly k: tf.Tensor3D;
  readonly v: tf.Tensor3D;
}

export interface AttentionSaved {
  readonly attended: AttendedSaved;
  /** Before the output projection, [n, heads·headSize]. */
  readonly mixed: tf.Tensor;
  /** Queries and keys before their norms, where there are some. */
  readonly rawQuery?: tf.Tensor3D;
  readonly rawKey?: tf.Tensor3D;
}

/** x [n, hidden] → [n, hidden]. @param earlier keys and values that come before this pass's. */
export function attentionForward(
  layer: SelfAttention,
  x: tf.Tensor,
  placement: Placement,
  role: Role,
  earlier?: KeysAndValues,
): { y: tf.Tensor; own: KeysAndValues; saved: AttentionSaved } {
  return scope(() => {
    const [rawQuery, rawKey, v] = project(layer, x, role);
    const q = placed(rawQuery, layer.queryNorm, placement);
    const k = placed(rawKey, layer.keyNorm, placement);
    const all = earlier === undefined ? { k, v } : { k: tf.concat([earlier.k, k]), v: tf.concat([earlier.v, v]) };
    const { out, saved } = attendPlanned(layer, q, all, placement.plan);
    const mixed = tf.reshape(out, [-1, layer.headCount * layer.headSize]);
    const y = linearForward(layer.output, mixed, role);
    const raw = layer.queryNorm === undefined ? {} : { rawQuery, rawKey };
    return { y, own: { k, v }, saved: { attended: saved, mixed, ...raw } };
  });
}

/** Gradient with respect to x, of a pass that continues nothing. */
export function attentionBackward(
  layer: SelfAttention,
  x: tf.Tensor,
  saved: AttentionSaved,
  dy: tf.Tensor,
  placement: Placement,
  sink: GradientSink,
): tf.Tensor {
  return tf.tidy(() => {
    const dMixed = linearBackward(layer.output, saved.mixed, dy, sink);
    const dOut = tf.reshape(dMixed, [-1, layer.headCount, layer.headSize]) as tf.Tensor3D;
    const { dq, dk, dv } = attendPlannedBackward(layer, saved.attended, dOut, placement.plan);
    const dQuery = unplaced(dq, layer.queryNorm, saved.rawQuery, placement, sink);
    const dKey = unplaced(dk, layer.keyNorm, saved.rawKey, placement, sink);
    return projectBackward(layer, x, [dQuery, dKey, dv], sink);
  });
}

type Heads = [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];

function project(layer: SelfAttention, x: tf.Tensor, role: Role): Heads {
  const flat = linearsForward(layer.projections, x, role);
  const parts = flat.length === 1 ? tf.split(flat[0]!, 3, 1) : flat;
  return parts.map((part) => tf.reshape(part, [x.shape[0]!, -1, layer.headSize])) as Heads;
}

function projectBackward(layer: SelfAttention, x: tf.Tensor, gradients: Heads, sink: GradientSink): tf.Tensor {
  const flat = gradients.map((gradient) => tf.reshape(gradient, [x.shape[0]!, -1]));
  const parts = layer.projections.length === 1 ? [tf.concat(flat, 1)] : flat;
  return linearsBackward(layer.projections, x, parts, sink);
}

/** Norm and rotation of queries or keys. */
function placed(raw: tf.Tensor3D, norm: Norm | undefined, { rope }: Placement): tf.Tensor3D {
  const normed = norm === undefined ? raw : (normForward(norm, raw) as tf.Tensor3D);
  return rope === undefined ? normed : rotate(normed, rope.cos, rope.sin, 1);
}

function unplaced(
  dPlaced: tf.Tensor3D,
  norm: Norm | undefined,
  raw: tf.Tensor3D | undefined,
  { rope }: Placement,
  sink: GradientSink,
): tf.Tensor3D {
  const dNormed = rope === undefined ? dPlaced : rotate(dPlaced, rope.cos, rope.sin, -1);
  return norm === undefined ? dNormed : (normBackward(norm, raw!, dNormed, sink) as tf.Tensor3D);
}

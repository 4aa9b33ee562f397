/** The attention half of a block: projections, head norms, rotary positions, attention, output projection. */
import * as tf from '@tensorflow/tfjs-core';
import type { GradientSink } from '../gradient-sink.js';
import { attend, attendBackward, foldHeads, unfoldHeads } from './attention.js';
import { type Linear, linearBackward, linearForward, type Role } from './linear.js';
import { type Norm, normBackward, normForward } from './norm.js';
import { type RopeTable, ropeBackward, ropeForward } from './rope.js';

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

/** What a pass knows about the positions of its tokens. */
export interface Positions {
  readonly batch: number;
  readonly length: number;
  readonly rope?: RopeTable;
  /** [1, group·queries, keys] */
  readonly mask: tf.Tensor3D;
}

/** Keys and values of earlier positions, [kvHeads, positions, headSize] each, for generation. */
export interface KeyValueCache {
  k?: tf.Tensor3D;
  v?: tf.Tensor3D;
}

export interface AttentionSaved {
  readonly q: tf.Tensor3D;
  readonly k: tf.Tensor3D;
  readonly v: tf.Tensor3D;
  readonly probabilities: tf.Tensor3D;
  /** Before the output projection, [n, heads·headSize]. */
  readonly mixed: tf.Tensor;
  /** Queries and keys before their norms, where there are some. */
  readonly rawQuery?: tf.Tensor4D;
  readonly rawKey?: tf.Tensor4D;
}

/** x [n, hidden] → [n, hidden], n = batch·length. */
export function attentionForward(
  layer: SelfAttention,
  x: tf.Tensor,
  positions: Positions,
  role: Role,
  cache?: KeyValueCache,
): { y: tf.Tensor; saved: AttentionSaved } {
  return tf.tidy(() => {
    const [rawQuery, rawKey, value] = project(layer, x, positions, role);
    const q = fold(layer, placed(rawQuery, layer.queryNorm, positions));
    const newKey = fold(layer, placed(rawKey, layer.keyNorm, positions));
    const { k, v } = extendCache(cache, newKey, fold(layer, value));
    const { out, probabilities } = attend(q, k, v, positions.mask);
    const mixed = tf.reshape(unfoldHeads(out, positions.batch, layer.headCount), [
      -1,
      layer.headCount * layer.headSize,
    ]);
    const y = linearForward(layer.output, mixed, role);
    const raw = layer.queryNorm === undefined ? {} : { rawQuery, rawKey };
    return { y, saved: { q, k, v, probabilities, mixed, ...raw } };
  });
}

/** Gradient with respect to x. */
export function attentionBackward(
  layer: SelfAttention,
  x: tf.Tensor,
  saved: AttentionSaved,
  dy: tf.Tensor,
  positions: Positions,
  sink: GradientSink,
): tf.Tensor {
  return tf.tidy(() => {
    const dMixed = linearBackward(layer.output, saved.mixed, dy, sink);
    const shape: [number, number, number, number] = [
      positions.batch,
      positions.length,
      layer.headCount,
      layer.headSize,
    ];
    const { dq, dk, dv } = attendBackward(saved, fold(layer, tf.reshape(dMixed, shape) as tf.Tensor4D));
    const unfold = (d: tf.Tensor3D, heads: number): tf.Tensor4D => unfoldHeads(d, positions.batch, heads);
    const dQuery = unplaced(unfold(dq, layer.headCount), layer.queryNorm, saved.rawQuery, positions, sink);
    const dKey = unplaced(unfold(dk, layer.keyValueHeadCount), layer.keyNorm, saved.rawKey, positions, sink);
    return projectBackward(layer, x, [dQuery, dKey, unfold(dv, layer.keyValueHeadCount)], sink);
  });
}

type HeadsTriple = [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];

function project(layer: SelfAttention, x: tf.Tensor, { batch, length }: Positions, role: Role): HeadsTriple {
  const flat = layer.projections.map((linear) => linearForward(linear, x, role));
  const parts = flat.length === 1 ? tf.split(flat[0]!, 3, 1) : flat;
  return parts.map((part) => tf.reshape(part, [batch, length, -1, layer.headSize])) as HeadsTriple;
}

function projectBackward(layer: SelfAttention, x: tf.Tensor, gradients: HeadsTriple, sink: GradientSink): tf.Tensor {
  const flat = gradients.map((gradient) => tf.reshape(gradient, [x.shape[0]!, -1]));
  const parts = layer.projections.length === 1 ? [tf.concat(flat, 1)] : flat;
  return tf.addN(layer.projections.map((linear, part) => linearBackward(linear, x, parts[part]!, sink)));
}

/** Norm and rotation of queries or keys. */
function placed(raw: tf.Tensor4D, norm: Norm | undefined, { rope }: Positions): tf.Tensor4D {
  const normed = norm === undefined ? raw : (normForward(norm, raw) as tf.Tensor4D);
  return rope === undefined ? normed : ropeForward(normed, rope);
}

function unplaced(
  dPlaced: tf.Tensor4D,
  norm: Norm | undefined,
  raw: tf.Tensor4D | undefined,
  { rope }: Positions,
  sink: GradientSink,
): tf.Tensor4D {
  const dNormed = rope === undefined ? dPlaced : ropeBackward(dPlaced, rope);
  return norm === undefined ? dNormed : (normBackward(norm, raw!, dNormed, sink) as tf.Tensor4D);
}

function fold(layer: SelfAttention, x: tf.Tensor4D): tf.Tensor3D {
  return foldHeads(x, layer.keyValueHeadCount);
}

/** Appends new positions; the cache's tensors outlive the surrounding tidy. */
function extendCache(
  cache: KeyValueCache | undefined,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
): { k: tf.Tensor3D; v: tf.Tensor3D } {
  if (cache === undefined) return { k, v };
  const joined = {
    k: tf.keep(cache.k === undefined ? tf.clone(k) : tf.concat([cache.k, k], 1)),
    v: tf.keep(cache.v === undefined ? tf.clone(v) : tf.concat([cache.v, v], 1)),
  };
  tf.dispose([cache.k, cache.v].filter((old) => old !== undefined));
  Object.assign(cache, joined);
  return joined;
}

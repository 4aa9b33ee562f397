/** Attention of a pass, the way the engine is best at: sequence by sequence in one operation, or in tiles. */
import type * as tf from '@tensorflow/tfjs-core';
import { hasFusedProducts } from '../../engine/kernels/fused.js';
import {
  releaseSpans,
  type SpanPlan,
  spanAttention,
  spanAttentionGradient,
  spanPlan,
} from '../../engine/kernels/span-attention.js';
import type { Span } from '../token-rows.js';
import type { TileSaved } from './attention.js';
import { planTiles, releaseTiles, type TilePlan } from './attention-plan.js';
import type { KeysAndValues } from './self-attention.js';
import { attendTiles, attendTilesBackward } from './tiled-attention.js';

export type AttentionPlan = SpanPlan | TilePlan;

export interface HeadCounts {
  readonly headCount: number;
  readonly keyValueHeadCount: number;
}

/** What the backward pass needs; each tensor is owned by it. */
export type AttendedSaved =
  | { readonly tiles: readonly TileSaved[] }
  | { readonly q: tf.Tensor3D; readonly k: tf.Tensor3D; readonly v: tf.Tensor3D };

/**
 * @param earlierRows rows of the earlier pass; 0 without one
 * @param window positions that attention reaches back; undefined for all
 */
export function planAttention(
  spans: readonly Span[],
  heads: number,
  window: number | undefined,
  earlierRows: number,
): AttentionPlan {
  return hasFusedProducts() ? spanPlan(spans, window, earlierRows) : planTiles(spans, heads, window, earlierRows);
}

export function releasePlan(plan: AttentionPlan): void {
  if ('tiles' in plan) releaseTiles(plan);
  else releaseSpans(plan);
}

/** q [n, heads, headSize], k and v [earlier rows and n, kvHeads, headSize] → out [n, heads, headSize] */
export function attendPlanned(
  counts: HeadCounts,
  q: tf.Tensor3D,
  { k, v }: KeysAndValues,
  plan: AttentionPlan,
): { out: tf.Tensor3D; saved: AttendedSaved } {
  if ('tiles' in plan) {
    const { out, tiles } = attendTiles(counts, q, { k, v }, plan);
    return { out, saved: { tiles } };
  }
  // Keys and values have an owner of their own, who lets go of them earlier.
  return { out: spanAttention(q, k, v, plan), saved: { q, k: k.clone(), v: v.clone() } };
}

/** Gradients of q, k and v, of a pass that continues nothing. */
export function attendPlannedBackward(
  counts: HeadCounts,
  saved: AttendedSaved,
  dOut: tf.Tensor3D,
  plan: AttentionPlan,
): { dq: tf.Tensor3D; dk: tf.Tensor3D; dv: tf.Tensor3D } {
  if ('tiles' in plan) return attendTilesBackward(counts, 'tiles' in saved ? saved.tiles : [], dOut, plan);
  const { q, k, v } = saved as { q: tf.Tensor3D; k: tf.Tensor3D; v: tf.Tensor3D };
  return spanAttentionGradient(q, k, v, dOut, plan);
}

/**
 * Causal attention of sequences that lie one after the other, in one operation of the native engine. What a query does
 * not see is not computed, and probabilities are made again for the gradient rather than kept.
 */
import * as tf from '@tensorflow/tfjs-core';
import { fused, fusedOutputs } from './fused.js';

/** A sequence's rows, and those of an earlier pass that it continues. */
export interface AttendedSpan {
  readonly start: number;
  readonly length: number;
  readonly before?: { readonly start: number; readonly length: number };
}

export interface SpanPlan {
  /** start, length, start and length of what is continued: int32 [sequences, 4]. */
  readonly spans: tf.Tensor2D;
  /** Positions that attention reaches back; 0 for all. */
  readonly window: number;
  /** Rows of the earlier pass, which come first among keys and values. */
  readonly earlierRows: number;
}

/** @param spans all rows of a pass, in order */
export function spanPlan(spans: readonly AttendedSpan[], window: number | undefined, earlierRows: number): SpanPlan {
  const fields = spans.flatMap(({ start, length, before }) => [start, length, before?.start ?? 0, before?.length ?? 0]);
  const tensor = tf.tensor2d(Int32Array.from(fields), [spans.length, 4], 'int32');
  return { spans: tensor, window: window ?? 0, earlierRows };
}

export function releaseSpans({ spans }: SpanPlan): void {
  spans.dispose();
}

/** q [n, heads, size], k and v [earlier rows and n, kvHeads, size] → softmax(q·kᵀ/√size)·v, [n, heads, size] */
export function spanAttention(q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D, plan: SpanPlan): tf.Tensor3D {
  const attributes = { window: plan.window, earlier_rows: plan.earlierRows };
  return fused('Attention', [q, k, v, plan.spans], attributes) as tf.Tensor3D;
}

/** Gradients of q, k and v where nothing is continued. */
export function spanAttentionGradient(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  dOut: tf.Tensor3D,
  { spans, window }: SpanPlan,
): { dq: tf.Tensor3D; dk: tf.Tensor3D; dv: tf.Tensor3D } {
  const made = fusedOutputs('AttentionGradient', [q, k, v, spans, dOut], 3, { window });
  const [dq, dk, dv] = made as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  return { dq, dk, dv };
}

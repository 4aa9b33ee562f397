/**
 * A linear layer with an optional LoRA adapter (Hu et al., arXiv 2106.09685): y = x·W + b + scale·(x·Aᵀ)·Bᵀ.
 * The scale is applied where the rows are narrow.
 * Gradients of frozen parts are never computed.
 */
import * as tf from '@tensorflow/tfjs-core';
import { layerProduct } from '../../engine/kernels/layer-product.js';
import { matMul } from '../../engine/kernels/matmul.js';
import type { GradientSink } from '../gradient-sink.js';
import type { Weight } from '../weights.js';

/** policy is what is trained; reference is the model at the start. */
export type Role = 'policy' | 'reference';

export interface Adapter {
  /** A [rank, in] */
  readonly a: Weight;
  /** B [out, rank] */
  readonly b: Weight;
  /** alpha / rank */
  readonly scale: number;
  /** The adapter as it was when training started, when one is continued; otherwise the reference has none. */
  readonly initial?: { readonly a: tf.Tensor; readonly b: tf.Tensor };
}

export interface Linear {
  /** Checkpoint name without `.weight`. */
  readonly name: string;
  readonly inSize: number;
  readonly outSize: number;
  /** [out, in], or [in, out] for Conv1D. */
  readonly layout: 'outIn' | 'inOut';
  readonly weight: Weight;
  readonly bias?: Weight;
  adapter?: Adapter;
}

/** x [n, in] → [n, out] */
export function linearForward(linear: Linear, x: tf.Tensor, role: Role): tf.Tensor {
  return tf.tidy(() => {
    let y: tf.Tensor = layerProduct(x, linear.weight.tensor, { b: linear.layout === 'outIn' });
    if (linear.bias !== undefined) y = tf.add(y, linear.bias.tensor);
    const pair = adapterOf(linear, role);
    if (pair === undefined) return y;
    const low = tf.mul(matMul(x, pair.a, { b: true }), linear.adapter!.scale);
    return tf.add(y, matMul(low, pair.b, { b: true }));
  });
}

/** Gradient with respect to x [n, in], given dy [n, out] of the policy. */
export function linearBackward(linear: Linear, x: tf.Tensor, dy: tf.Tensor, sink: GradientSink): tf.Tensor {
  return tf.tidy(() => {
    const { weight, bias, adapter } = linear;
    if (bias?.slot !== undefined) sink.add(bias, tf.sum(dy, 0));
    if (weight.slot !== undefined) {
      const [first, second] = linear.layout === 'outIn' ? [dy, x] : [x, dy];
      sink.add(weight, layerProduct(first, second, { a: true }));
    }
    const dx = layerProduct(dy, weight.tensor, { b: linear.layout === 'inOut' });
    return adapter === undefined ? dx : tf.add(dx, adapterBackward(adapter, x, dy, sink));
  });
}

function adapterBackward(adapter: Adapter, x: tf.Tensor, dy: tf.Tensor, sink: GradientSink): tf.Tensor {
  const low = tf.mul(matMul(x, adapter.a.tensor, { b: true }), adapter.scale);
  sink.add(adapter.b, matMul(dy, low, { a: true }));
  const dLow = tf.mul(matMul(dy, adapter.b.tensor), adapter.scale);
  sink.add(adapter.a, matMul(dLow, x, { a: true }));
  return matMul(dLow, adapter.a.tensor);
}

function adapterOf({ adapter }: Linear, role: Role): { a: tf.Tensor; b: tf.Tensor } | undefined {
  if (adapter === undefined) return undefined;
  return role === 'policy' ? { a: adapter.a.tensor, b: adapter.b.tensor } : adapter.initial;
}

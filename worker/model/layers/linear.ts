/**
 * A linear layer with an optional LoRA adapter (Hu et al., arXiv 2106.09685): y = x·W + b + scale·(x·Aᵀ)·Bᵀ.
 * Gradients of frozen parts are never computed.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type AdaptedGroup, adaptedProducts, adaptedProductsGradient } from '../../engine/kernels/adapted-products.js';
import { layerProduct } from '../../engine/kernels/layer-product.js';
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
  return linearsForward([linear], x, role)[0]!;
}

/** Several layers of one input: x [n, in] → [n, out] of each. */
export function linearsForward(linears: readonly Linear[], x: tf.Tensor, role: Role): tf.Tensor[] {
  return tf.tidy(() => {
    const group = groupOf(linears, role);
    if (group === undefined && linears.length > 1) return linears.map((linear) => linearForward(linear, x, role));
    const ys = group === undefined ? [baseProduct(linears[0]!, x)] : adaptedProducts(group, x);
    return ys.map((y, i) => addBias(y, linears[i]!));
  });
}

/** Gradient with respect to x [n, in], given dy [n, out] of the policy. */
export function linearBackward(linear: Linear, x: tf.Tensor, dy: tf.Tensor, sink: GradientSink): tf.Tensor {
  return linearsBackward([linear], x, [dy], sink);
}

/** The same for several layers of one input. */
export function linearsBackward(
  linears: readonly Linear[],
  x: tf.Tensor,
  dys: readonly tf.Tensor[],
  sink: GradientSink,
): tf.Tensor {
  return tf.tidy(() => {
    const group = groupOf(linears, 'policy');
    if (group === undefined && linears.length > 1) {
      return tf.addN(linears.map((linear, i) => linearBackward(linear, x, dys[i]!, sink)));
    }
    for (const [i, linear] of linears.entries()) baseGradients(linear, x, dys[i]!, sink);
    const [first] = linears;
    if (group === undefined) return layerProduct(dys[0]!, first!.weight.tensor, { b: first!.layout === 'inOut' });
    const { dx, adapters } = adaptedProductsGradient(group, x, dys);
    for (const [i, { da, db }] of adapters.entries()) {
      sink.add(linears[i]!.adapter!.a, da);
      sink.add(linears[i]!.adapter!.b, db);
    }
    return dx;
  });
}

/** Of a layer's own parameters, where they are trained. */
function baseGradients({ weight, bias, layout }: Linear, x: tf.Tensor, dy: tf.Tensor, sink: GradientSink): void {
  if (bias?.slot !== undefined) sink.add(bias, tf.sum(dy, 0));
  if (weight.slot === undefined) return;
  const [first, second] = layout === 'outIn' ? [dy, x] : [x, dy];
  sink.add(weight, layerProduct(first, second, { a: true }));
}

function baseProduct({ weight, layout }: Linear, x: tf.Tensor): tf.Tensor {
  return layerProduct(x, weight.tensor, { b: layout === 'outIn' });
}

function addBias(y: tf.Tensor, { bias }: Linear): tf.Tensor {
  return bias === undefined ? y : tf.add(y, bias.tensor);
}

/** Layers that are computed together: all have adapters of one kind, or undefined. */
function groupOf(linears: readonly Linear[], role: Role): AdaptedGroup | undefined {
  const [{ layout, adapter: first }] = linears as [Linear];
  const layers = linears.map((linear) => {
    const pair = adapterOf(linear, role);
    const isLike = linear.layout === layout && linear.adapter?.scale === first?.scale;
    return pair && isLike ? { weight: linear.weight.tensor, ...pair } : undefined;
  });
  if (!layers.every((layer) => layer !== undefined)) return undefined;
  return { layers, layout, scale: first!.scale };
}

function adapterOf({ adapter }: Linear, role: Role): { a: tf.Tensor; b: tf.Tensor } | undefined {
  if (adapter === undefined) return undefined;
  return role === 'policy' ? { a: adapter.a.tensor, b: adapter.b.tensor } : adapter.initial;
}

/**
 * Linear layers of one input, each with a LoRA adapter (Hu et al., arXiv 2106.09685): y = x·W + scale·(x·Aᵀ)·Bᵀ. The
 * native engine does all of them in one operation: an adapter's narrow products alone are too small to be fast.
 */
import * as tf from '@tensorflow/tfjs-core';
import { fusedOutputs, hasFusedProducts } from './fused.js';
import { layerProduct, layerProductsAreFloat32 } from './layer-product.js';
import { matMul } from './matmul.js';
import { scope } from './scope.js';

export interface AdaptedLayer {
  /** W [out, in] or [in, out]: `layout` of the group says which. */
  readonly weight: tf.Tensor;
  /** A [rank, in] */
  readonly a: tf.Tensor;
  /** B [out, rank] */
  readonly b: tf.Tensor;
}

/** What layers that are computed together have in common. */
export interface AdaptedGroup {
  readonly layers: readonly AdaptedLayer[];
  readonly layout: 'outIn' | 'inOut';
  /** alpha / rank; applied where the rows are narrow. */
  readonly scale: number;
}

export interface AdaptedGradient {
  /** Of x, summed over the layers. */
  readonly dx: tf.Tensor;
  /** Of each layer's A and B. */
  readonly adapters: readonly { readonly da: tf.Tensor; readonly db: tf.Tensor }[];
}

/** x [n, in] → [n, out] of each layer. */
export function adaptedProducts(group: AdaptedGroup, x: tf.Tensor): tf.Tensor[] {
  if (!isFused()) return composedAdaptedProducts(group, x);
  return fusedOutputs('Adapted', [x, ...matricesOf(group)], group.layers.length, attributesOf(group));
}

/** @param dys [n, out] of each layer */
export function adaptedProductsGradient(group: AdaptedGroup, x: tf.Tensor, dys: readonly tf.Tensor[]): AdaptedGradient {
  if (!isFused()) return composedAdaptedProductsGradient(group, x, dys);
  const count = group.layers.length;
  const inputs = [x, ...dys, ...matricesOf(group)];
  const [dx, ...rest] = fusedOutputs('AdaptedGradient', inputs, 1 + 2 * count, attributesOf(group));
  return { dx: dx!, adapters: group.layers.map((_, i) => ({ da: rest[i]!, db: rest[count + i]! })) };
}

export function composedAdaptedProducts({ layers, layout, scale }: AdaptedGroup, x: tf.Tensor): tf.Tensor[] {
  return tf.tidy(() =>
    layers.map(({ weight, a, b }) => {
      const low = tf.mul(matMul(x, a, { b: true }), scale);
      return tf.add(layerProduct(x, weight, { b: layout === 'outIn' }), matMul(low, b, { b: true }));
    }),
  );
}

export function composedAdaptedProductsGradient(
  { layers, layout, scale }: AdaptedGroup,
  x: tf.Tensor,
  dys: readonly tf.Tensor[],
): AdaptedGradient {
  return scope(() => {
    const parts = layers.map(({ weight, a, b }, i) => {
      const dy = dys[i]!;
      const low = tf.mul(matMul(x, a, { b: true }), scale);
      const dLow = tf.mul(matMul(dy, b), scale);
      const dx = tf.add(layerProduct(dy, weight, { b: layout === 'inOut' }), matMul(dLow, a));
      return { dx, da: matMul(dLow, x, { a: true }), db: matMul(dy, low, { a: true }) };
    });
    return { dx: tf.addN(parts.map(({ dx }) => dx)), adapters: parts.map(({ da, db }) => ({ da, db })) };
  });
}

function isFused(): boolean {
  return hasFusedProducts() && layerProductsAreFloat32();
}

function matricesOf({ layers }: AdaptedGroup): tf.Tensor[] {
  return [...layers.map(({ weight }) => weight), ...layers.map(({ a }) => a), ...layers.map(({ b }) => b)];
}

function attributesOf({ layers, layout, scale }: AdaptedGroup) {
  return { layers: layers.length, scale, out_in: layout === 'outIn' };
}

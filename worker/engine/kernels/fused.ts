/**
 * The native CPU engine's own operations (native/fused), called where this thread's engine has them. Each does in one
 * pass over memory what TensorFlow.js composes from three to ten, in a few ulp of the same values.
 */
import * as tf from '@tensorflow/tfjs-core';

/** What tfjs-node's backend has beyond the interface of all backends. */
interface NativeBackend {
  readonly binding: { readonly TF_ATTR_FLOAT: number; readonly TF_ATTR_INT: number };
  executeSingleOutput(name: string, attributes: readonly unknown[], inputs: readonly tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly unknown[],
    inputs: readonly tf.Tensor[],
    outputCount: number,
  ): tf.Tensor[];
}

export type FusedName =
  | 'RmsNorm'
  | 'RmsNormGradient'
  | 'RmsNormWeightGradient'
  | 'SwiGlu'
  | 'SwiGluGradient'
  | 'Rotary'
  | 'VisibleSoftmax'
  | 'SoftmaxGradient'
  | 'LogitScores'
  | 'LogitSlopes'
  | 'Product'
  | 'Adapted'
  | 'AdaptedGradient'
  | 'Attention'
  | 'AttentionGradient';

/** Of an operation; `epsilon` and `scale` are any numbers, the others whole ones or flags. */
export interface FusedAttributes {
  readonly epsilon?: number;
  readonly scale?: number;
  readonly direction?: 1 | -1;
  readonly window?: number;
  readonly earlier_rows?: number;
  readonly layers?: number;
  readonly out_in?: boolean;
  readonly transpose_a?: boolean;
  readonly transpose_b?: boolean;
}

/** What the native engine of this thread has registered. */
let registered: { readonly products: boolean } | undefined;

/** @param products whether matrix products are among them: they need a processor with fused multiply-adds */
export function fusedRegistered({ products }: { readonly products: boolean }): void {
  registered = { products };
}

/** Whether the current engine has them. */
export function hasFused(): boolean {
  return registered !== undefined && tf.getBackend() === 'tensorflow';
}

/** Whether the current engine has matrix products of our own. */
export function hasFusedProducts(): boolean {
  return hasFused() && registered!.products;
}

export function fused(name: FusedName, inputs: readonly tf.Tensor[], attributes: FusedAttributes = {}): tf.Tensor {
  const backend = tf.backend() as unknown as NativeBackend;
  return backend.executeSingleOutput(`Prospect${name}`, attributesFor(backend, attributes), inputs);
}

/** For an operation with several outputs. */
export function fusedOutputs(
  name: FusedName,
  inputs: readonly tf.Tensor[],
  outputCount: number,
  attributes: FusedAttributes = {},
): tf.Tensor[] {
  const backend = tf.backend() as unknown as NativeBackend;
  return backend.executeMultipleOutputs(`Prospect${name}`, attributesFor(backend, attributes), inputs, outputCount);
}

function attributesFor({ binding }: NativeBackend, attributes: FusedAttributes): unknown[] {
  return Object.entries(attributes).map(([name, value]) => ({
    name,
    type: name === 'epsilon' || name === 'scale' ? binding.TF_ATTR_FLOAT : binding.TF_ATTR_INT,
    value: Number(value),
  }));
}

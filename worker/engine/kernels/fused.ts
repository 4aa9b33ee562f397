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
  | 'Store'
  | 'Load'
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
  readonly offset?: number;
  readonly out_in?: boolean;
  readonly transpose_a?: boolean;
  readonly transpose_b?: boolean;
  readonly adds?: boolean;
}

/** What the addon does with whole flat arrays, on all of the engine's threads; in shared memory too. */
export interface FlatFunctions {
  /** What Store and Load work on from now on. It must live as long as they are used. */
  take(values: Float32Array): void;
  /** target += source */
  add(target: Float32Array, source: Float32Array): void;
  sumOfSquares(values: Float32Array): number;
  /** @param constants in the order of AdamW in native/fused/loops.h. */
  adamw(
    values: Float32Array,
    first: Float32Array,
    second: Float32Array,
    gradient: Float32Array,
    constants: Float64Array,
  ): void;
}

/** The addon as it is loaded. */
export interface FusedAddon extends FlatFunctions {
  readonly revision: number;
  /** Whether matrix products are among its operations: they need a processor with fused multiply-adds. */
  readonly products: boolean;
}

let registered: FusedAddon | undefined;

/** Says that the native engine of this thread has registered the operations. */
export function fusedRegistered(addon: FusedAddon): void {
  registered = addon;
}

/** Whether the current engine has them. */
export function hasFused(): boolean {
  return flatFunctions() !== undefined;
}

/** Where the current engine has them. */
export function flatFunctions(): FlatFunctions | undefined {
  return tf.getBackend() === 'tensorflow' ? registered : undefined;
}

/** Whether the current engine has matrix products of our own. */
export function hasFusedProducts(): boolean {
  return hasFused() && registered!.products;
}

export function fused(name: FusedName, inputs: readonly tf.Tensor[], attributes: FusedAttributes = {}): tf.Tensor {
  const backend = tf.backend() as unknown as NativeBackend;
  return backend.executeSingleOutput(`Prospect${name}`, attributesFor(backend, attributes), inputs);
}

/** For an operation without outputs. */
export function fusedEffect(name: FusedName, inputs: readonly tf.Tensor[], attributes: FusedAttributes): void {
  fusedOutputs(name, inputs, 0, attributes);
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

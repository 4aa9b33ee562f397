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
  | 'LogitSlopes';

/** Of an operation; `direction` is a whole number, the others are not. */
export interface FusedAttributes {
  readonly epsilon?: number;
  readonly scale?: number;
  readonly direction?: 1 | -1;
}

let registered = false;

/** Says that the native engine of this thread has registered the operations. */
export function fusedRegistered(): void {
  registered = true;
}

/** Whether the current engine has them. */
export function hasFused(): boolean {
  return registered && tf.getBackend() === 'tensorflow';
}

export function fused(name: FusedName, inputs: readonly tf.Tensor[], attributes: FusedAttributes = {}): tf.Tensor {
  const backend = tf.backend() as unknown as NativeBackend;
  return backend.executeSingleOutput(`Prospect${name}`, attributesFor(backend, attributes), inputs);
}

/** For an operation with two outputs. */
export function fusedPair(name: FusedName, inputs: readonly tf.Tensor[]): [tf.Tensor, tf.Tensor] {
  const backend = tf.backend() as unknown as NativeBackend;
  return backend.executeMultipleOutputs(`Prospect${name}`, [], inputs, 2) as [tf.Tensor, tf.Tensor];
}

function attributesFor({ binding }: NativeBackend, attributes: FusedAttributes): unknown[] {
  return Object.entries(attributes).map(([name, value]) => ({
    name,
    type: name === 'direction' ? binding.TF_ATTR_INT : binding.TF_ATTR_FLOAT,
    value,
  }));
}

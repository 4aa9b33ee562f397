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
  | 'Load';

/** Of an operation. */
export interface FusedAttributes {
  readonly epsilon?: number;
  readonly scale?: number;
  readonly direction?: 1 | -1;
  readonly offset?: number;
  readonly adds?: 0 | 1;
}

const WHOLE_NUMBERS: ReadonlySet<string> = new Set<keyof FusedAttributes>(['direction', 'offset', 'adds']);

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

let addon: FlatFunctions | undefined;

/** Says that the native engine of this thread has registered the operations. */
export function fusedRegistered(loaded: FlatFunctions): void {
  addon = loaded;
}

/** Whether the current engine has them. */
export function hasFused(): boolean {
  return flatFunctions() !== undefined;
}

/** Where the current engine has them. */
export function flatFunctions(): FlatFunctions | undefined {
  return tf.getBackend() === 'tensorflow' ? addon : undefined;
}

export function fused(name: FusedName, inputs: readonly tf.Tensor[], attributes: FusedAttributes = {}): tf.Tensor {
  const backend = tf.backend() as unknown as NativeBackend;
  return backend.executeSingleOutput(`Prospect${name}`, attributesFor(backend, attributes), inputs);
}

/** For an operation without outputs. */
export function fusedEffect(name: FusedName, inputs: readonly tf.Tensor[], attributes: FusedAttributes): void {
  const backend = tf.backend() as unknown as NativeBackend;
  backend.executeMultipleOutputs(`Prospect${name}`, attributesFor(backend, attributes), inputs, 0);
}

/** For an operation with two outputs. */
export function fusedPair(name: FusedName, inputs: readonly tf.Tensor[]): [tf.Tensor, tf.Tensor] {
  const backend = tf.backend() as unknown as NativeBackend;
  return backend.executeMultipleOutputs(`Prospect${name}`, [], inputs, 2) as [tf.Tensor, tf.Tensor];
}

function attributesFor({ binding }: NativeBackend, attributes: FusedAttributes): unknown[] {
  return Object.entries(attributes).map(([name, value]) => ({
    name,
    type: WHOLE_NUMBERS.has(name) ? binding.TF_ATTR_INT : binding.TF_ATTR_FLOAT,
    value,
  }));
}

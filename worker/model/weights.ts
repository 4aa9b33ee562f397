/**
 * A model's tensors. Trainable ones have a slot in one flat float32 array that is shared between threads: optimizer,
 * all-reduce and saving work there, and `putBack` brings the new values into the engine.
 */
import * as tf from '@tensorflow/tfjs-core';
import { layoutOf, type ParameterLayout, type ParameterSlot } from '../../core/parameters.js';
import { loadInPlace } from '../engine/kernels/flat.js';

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Replaced or written anew after each update when trainable. */
  tensor: tf.Tensor;
  /** Where it lies in the flat array; undefined when frozen. */
  slot: ParameterSlot | undefined;
}

export interface TrainableParameters {
  readonly layout: ParameterLayout;
  /** Flat float32 values, shared with the main thread. */
  readonly shared: SharedArrayBuffer;
  readonly values: Float32Array;
  /** Uploads the flat values into the engine's tensors. */
  putBack(): void;
}

export function frozenWeight(name: string, shape: readonly number[], values: Float32Array): Weight {
  return { name, shape, tensor: tf.tensor(values, [...shape], 'float32'), slot: undefined };
}

/**
 * Gives weights their slots, in the order given, and copies their values into a new flat array.
 * Matrices are decayed, vectors (biases, norms) are not.
 * @param weights whose tensors nothing else shares: new values may be written into their memory.
 */
export function makeTrainable(weights: readonly Weight[]): TrainableParameters {
  const layout = layoutOf(weights.map(({ name, shape }) => ({ name, shape, decayed: shape.length > 1 })));
  const shared = new SharedArrayBuffer(layout.length * Float32Array.BYTES_PER_ELEMENT);
  const values = new Float32Array(shared);
  weights.forEach((weight, position) => {
    const slot = layout.slots[position]!;
    weight.slot = slot;
    values.set(weight.tensor.dataSync<'float32'>(), slot.offset);
  });
  const putBack = (): void => {
    const places = weights.map(({ tensor, slot }) => ({ tensor, offset: slot!.offset }));
    if (loadInPlace(values, places)) return;
    for (const weight of weights) {
      const { offset, length } = weight.slot!;
      weight.tensor.dispose();
      // slice() copies: the engine may keep using the array it is given.
      weight.tensor = tf.tensor(values.slice(offset, offset + length), [...weight.shape], 'float32');
    }
  };
  return { layout, shared, values, putBack };
}

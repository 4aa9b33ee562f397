/** Where the backward pass leaves its gradients: one flat float32 array in the order of the parameters. */
import type * as tf from '@tensorflow/tfjs-core';
import type { ParameterLayout, ParameterSlot } from '../../core/parameters.js';
import { flatStore } from '../engine/kernels/flat.js';
import type { Weight } from './weights.js';

export interface GradientSink {
  /** Adds a gradient of the weight's own shape. A weight that is used twice (a tied head) is added to twice. */
  add(weight: Weight, gradient: tf.Tensor): void;
  /** Adds row k of `rows` [n, width] to row `positions[k]` of the weight, in order: an embedding's gradient. */
  addRows(weight: Weight, positions: Int32Array, rows: tf.Tensor): void;
  /** All gradients are there: what had none gets zeroes. */
  finish(layout: ParameterLayout): void;
}

/** @param flat as long as the parameter layout; what is in it is written over. Only one sink is used at a time. */
export function gradientSink(flat: Float32Array): GradientSink {
  const touched = new Set<ParameterSlot>();
  const { store } = flatStore(flat);
  const clear = (slot: ParameterSlot): void => {
    if (!touched.has(slot)) flat.fill(0, slot.offset, slot.offset + slot.length);
    touched.add(slot);
  };
  return {
    add(weight, gradient) {
      const slot = weight.slot!;
      // Most weights get one gradient a pass: nothing to be cleared and added to.
      store(gradient, slot.offset, touched.has(slot));
      touched.add(slot);
    },
    addRows(weight, positions, rows) {
      clear(weight.slot!);
      const width = weight.shape[1]!;
      const values = rows.dataSync<'float32'>();
      positions.forEach((position, row) => {
        const target = weight.slot!.offset + position * width;
        const source = row * width;
        for (let i = 0; i < width; i++) flat[target + i]! += values[source + i]!;
      });
    },
    finish({ slots }) {
      for (const slot of slots) clear(slot);
    },
  };
}

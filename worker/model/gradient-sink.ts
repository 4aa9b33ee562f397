/** Where the backward pass leaves its gradients: one flat float32 array in the order of the parameters. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Weight } from './weights.js';

export interface GradientSink {
  /** Adds a gradient of the weight's own shape. A weight that is used twice (a tied head) is added to twice. */
  add(weight: Weight, gradient: tf.Tensor): void;
  /** Adds row k of `rows` [n, width] to row `positions[k]` of the weight, in order: an embedding's gradient. */
  addRows(weight: Weight, positions: Int32Array, rows: tf.Tensor): void;
}

/** @param flat zeroed, as long as the parameter layout. */
export function gradientSink(flat: Float32Array): GradientSink {
  const touched = new Set<Weight>();
  return {
    add(weight, gradient) {
      const { offset, length } = weight.slot!;
      const values = gradient.dataSync<'float32'>();
      // Most weights get one gradient a pass, and copying is several times faster than adding.
      if (touched.has(weight)) for (let i = 0; i < length; i++) flat[offset + i]! += values[i]!;
      else flat.set(values, offset);
      touched.add(weight);
    },
    addRows(weight, positions, rows) {
      touched.add(weight);
      const width = weight.shape[1]!;
      const values = rows.dataSync<'float32'>();
      positions.forEach((position, row) => {
        const target = weight.slot!.offset + position * width;
        const source = row * width;
        for (let i = 0; i < width; i++) flat[target + i]! += values[source + i]!;
      });
    },
  };
}

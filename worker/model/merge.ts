/** Folds adapters into the base weights: W + scale·B·A, so that the result needs no adapter. */
import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../engine/kernels/matmul.js';
import { adaptableLinears } from './build-decoder.js';
import type { Decoder } from './decoder.js';
import type { Linear } from './layers/linear.js';

/** Changes the decoder in place and takes its adapters off. */
export function mergeAdapters(decoder: Decoder): void {
  for (const linear of adaptableLinears(decoder)) if (linear.adapter !== undefined) merge(linear);
}

function merge(linear: Linear): void {
  const { a, b, scale } = linear.adapter!;
  const merged = tf.tidy(() => {
    const change = tf.mul(matMul(b.tensor, a.tensor), scale);
    return tf.add(linear.weight.tensor, linear.layout === 'outIn' ? change : tf.transpose(change));
  });
  tf.dispose([linear.weight.tensor, a.tensor, b.tensor]);
  linear.weight.tensor = merged;
  delete linear.adapter;
}

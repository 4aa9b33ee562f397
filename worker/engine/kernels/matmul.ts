/** Matrix products, each engine's fastest way. */
import * as tf from '@tensorflow/tfjs-core';
import { wasmMatMul } from '../wasm/matmul.js';
import { fused, hasFusedProducts } from './fused.js';

export interface Transposes {
  readonly a?: boolean;
  readonly b?: boolean;
}

/** a [m, k] times b [k, p] → [m, p]; flags say which operand is stored the other way round. */
export function matMul(
  a: tf.Tensor,
  b: tf.Tensor,
  { a: transposeA = false, b: transposeB = false }: Transposes = {},
): tf.Tensor2D {
  if (hasFusedProducts()) return product(a, b, transposeA, transposeB) as tf.Tensor2D;
  if (tf.getBackend() !== 'wasm') return tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, transposeA, transposeB);
  return tf.tidy(() => {
    const [left, right] = [asBatch(a), asBatch(b)];
    const result = wasmMatMul(left, right, transposeA, transposeB);
    return tf.reshape(result, [result.shape[1], result.shape[2]]);
  });
}

/** The same for a batch: a [n, m, k] times b [n, k, p] → [n, m, p]. */
export function batchMatMul(
  a: tf.Tensor3D,
  b: tf.Tensor3D,
  { a: transposeA = false, b: transposeB = false }: Transposes = {},
): tf.Tensor3D {
  if (hasFusedProducts()) return product(a, b, transposeA, transposeB) as tf.Tensor3D;
  if (tf.getBackend() === 'wasm') return wasmMatMul(a, b, transposeA, transposeB);
  return tf.matMul(a, b, transposeA, transposeB);
}

function product(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  return fused('Product', [a, b], { transpose_a: transposeA, transpose_b: transposeB });
}

function asBatch(x: tf.Tensor): tf.Tensor3D {
  return tf.reshape(x, [1, x.shape[0]!, x.shape[1]!]);
}

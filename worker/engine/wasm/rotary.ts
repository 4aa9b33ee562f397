/** Rotary positions in one loop over the wasm heap, where composed operations copy six times. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { floatsOf } from './heap.js';

/** As kernels/rotary.ts has it: x [n, heads, size], cos and sin [n, size/2]. */
export function wasmRotate(x: tf.Tensor3D, cos: tf.Tensor2D, sin: tf.Tensor2D, direction: 1 | -1): tf.Tensor3D {
  const backend = tf.backend() as BackendWasm;
  const [n, heads, size] = x.shape;
  const half = size / 2;
  const out = backend.makeOutput(x.shape, 'float32');
  const [from, to] = [floatsOf(backend, x), floatsOf(backend, out)];
  const [cosines, sines] = [floatsOf(backend, cos), floatsOf(backend, sin)];
  for (let row = 0; row < n; row++) {
    for (let head = 0; head < heads; head++) {
      const start = (row * heads + head) * size;
      for (let i = 0; i < half; i++) {
        const a = from[start + i]!;
        const b = from[start + half + i]!;
        const c = cosines[row * half + i]!;
        const s = direction * sines[row * half + i]!;
        to[start + i] = a * c - b * s;
        to[start + half + i] = b * c + a * s;
      }
    }
  }
  return tf.engine().makeTensorFromTensorInfo(out) as tf.Tensor3D;
}

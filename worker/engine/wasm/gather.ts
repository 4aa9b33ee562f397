/** Rows by number. The backend's own kernel is some 50 times slower than copying them. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { floatsOf, integersOf } from './heap.js';

const KERNEL = 'GatherV2';
let registered = false;

/** Takes the place of the wasm backend's kernel where whole rows of float32 are gathered; it keeps all else. */
export function registerGather(): void {
  if (registered) return;
  registered = true;
  const { kernelFunc: original } = tf.getKernel(KERNEL, 'wasm');
  tf.unregisterKernel(KERNEL, 'wasm');
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: 'wasm',
    kernelFunc: (call) => {
      const { x, indices } = call.inputs as { readonly x: tf.TensorInfo; readonly indices: tf.TensorInfo };
      const { axis, batchDims } = call.attrs as { readonly axis: number; readonly batchDims: number };
      const takesRows = axis === 0 && batchDims === 0 && x.dtype === 'float32' && indices.dtype === 'int32';
      return takesRows ? gatherRows(call.backend as BackendWasm, x, indices) : original(call);
    },
  });
}

function gatherRows(backend: BackendWasm, x: tf.TensorInfo, indices: tf.TensorInfo): tf.TensorInfo {
  const [count, ...sides] = x.shape;
  const width = sides.reduce((product, side) => product * side, 1);
  const out = backend.makeOutput([...indices.shape, ...sides], 'float32');
  const [from, to] = [floatsOf(backend, x), floatsOf(backend, out)];
  integersOf(backend, indices).forEach((row, i) => {
    if (row < 0 || row >= count!) throw new RangeError(`gather: row ${row} of ${count}`);
    to.set(from.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}

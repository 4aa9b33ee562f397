/**
 * Matrix products on wasm. The backend is fast for one untransposed rank-2 product only; batches and transposes fall
 * into a scalar loop 4 to 50 times slower. So: transpose what is flagged, and call the fast product once per batch
 * entry on views of the same memory.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

type Product = (...args: (number | Uint8Array)[]) => void;

/** What of the backend's bookkeeping we use: where a tensor's bytes lie in the WebAssembly heap. */
interface WasmInternals {
  dataIdNextNumber: number;
  readonly dataIdMap: { get(dataId: object): { id: number; memoryOffset: number } };
  readonly wasm: {
    cwrap(name: string, result: null, args: string[]): Product;
    readonly tfjs: {
      registerTensor(id: number, elements: number, offsetBytes: number): void;
      disposeData(id: number): void;
    };
  };
}

const FLOAT_BYTES = 4;
let product: Product | undefined;

/** a [n, m, k] times b [n, k, p] → [n, m, p]; flags transpose the last two sides first. */
export function wasmMatMul(a: tf.Tensor3D, b: tf.Tensor3D, transposeA: boolean, transposeB: boolean): tf.Tensor3D {
  return tf.tidy(() => multiply(transposeA ? swap(a) : a, transposeB ? swap(b) : b));
}

function swap(x: tf.Tensor3D): tf.Tensor3D {
  return tf.transpose(x, [0, 2, 1]);
}

function multiply(a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor3D {
  const backend = tf.backend() as BackendWasm;
  const internals = backend as unknown as WasmInternals;
  product ??= internals.wasm.cwrap('BatchMatMul', null, [
    'number',
    'array',
    'number',
    'number',
    'array',
    'number',
    'number',
    'number',
    'number',
  ]);
  const [count, m, k] = a.shape;
  const p = b.shape[2];
  const out = backend.makeOutput([count, m, p], 'float32');
  const start = [a, b, out].map((tensor) => internals.dataIdMap.get(tensor.dataId).memoryOffset) as [
    number,
    number,
    number,
  ];
  const elements = [m * k, k * p, m * p] as const;
  const shapeA = shapeBytes([1, m, k]);
  const shapeB = shapeBytes([1, k, p]);
  for (let entry = 0; entry < count; entry++) {
    const views = elements.map((length, operand) => {
      const id = internals.dataIdNextNumber++;
      internals.wasm.tfjs.registerTensor(id, length, start[operand]! + entry * length * FLOAT_BYTES);
      return id;
    }) as [number, number, number];
    product(views[0], shapeA, 3, views[1], shapeB, 3, 0, 0, views[2]);
    for (const id of views) internals.wasm.tfjs.disposeData(id);
  }
  return tf.engine().makeTensorFromTensorInfo(out) as tf.Tensor3D;
}

function shapeBytes(shape: number[]): Uint8Array {
  return new Uint8Array(new Int32Array(shape).buffer);
}

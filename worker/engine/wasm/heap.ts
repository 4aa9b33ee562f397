/**
 * The wasm backend's memory, for kernels of our own: where a tensor's values lie in it. None of this is in the
 * backend's types.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** A WebAssembly.Memory; TypeScript knows that name with a browser's types only. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmHeap {
  readonly memory: WasmMemory;
  /** The memory as float32; it may be another array after anything was allocated. */
  floats(): Float32Array;
  /** In bytes. */
  addressOf(tensor: { readonly dataId: object }): number;
  allocate(bytes: number): number;
  free(address: number): void;
}

/** Emscripten's module, and the backend's own bookkeeping. */
interface Internals {
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
  readonly wasm: {
    readonly asm: { readonly memory: WasmMemory };
    readonly HEAPF32: Float32Array;
    readonly HEAP32: Int32Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
}

export function heapOf(backend: BackendWasm): WasmHeap {
  const { wasm, dataIdMap } = internalsOf(backend);
  return {
    memory: wasm.asm.memory,
    floats: () => wasm.HEAPF32,
    addressOf: ({ dataId }) => dataIdMap.get(dataId).memoryOffset,
    allocate: (bytes) => wasm._malloc(bytes),
    free: (address) => wasm._free(address),
  };
}

/** A float32 tensor's values where they lie; valid until anything is allocated. */
export function floatsOf(backend: BackendWasm, tensor: Placed): Float32Array {
  const start = startOf(backend, tensor);
  return internalsOf(backend).wasm.HEAPF32.subarray(start, start + sizeOf(tensor));
}

/** Of an int32 tensor. */
export function integersOf(backend: BackendWasm, tensor: Placed): Int32Array {
  const start = startOf(backend, tensor);
  return internalsOf(backend).wasm.HEAP32.subarray(start, start + sizeOf(tensor));
}

interface Placed {
  readonly dataId: object;
  readonly shape: readonly number[];
}

/** In elements of four bytes. */
function startOf(backend: BackendWasm, { dataId }: Placed): number {
  return internalsOf(backend).dataIdMap.get(dataId).memoryOffset / Float32Array.BYTES_PER_ELEMENT;
}

function sizeOf({ shape }: Placed): number {
  return shape.reduce((product, side) => product * side, 1);
}

function internalsOf(backend: BackendWasm): Internals {
  return backend as unknown as Internals;
}

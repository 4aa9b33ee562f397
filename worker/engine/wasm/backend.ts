/**
 * The embedded engine: TensorFlow.js compiled to WebAssembly, from npm alone. It finds its .wasm files beside the
 * package and runs on the calling thread; several workers, not several threads, use several cores.
 */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { type BackendWasm, setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { ProspectError } from '../../../core/errors.js';
import { registerGather } from './gather.js';

/** Emscripten's allocator, which the backend's types leave out. */
interface WasmModule {
  _malloc(bytes: number): number;
}

/**
 * Makes wasm the calling thread's backend.
 * @throws ENGINE_UNAVAILABLE when the processor or Node lacks what it needs.
 */
export async function loadWasmBackend(): Promise<{ version: string; settings: string }> {
  const packageEntry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(packageEntry)}${sep}`);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) {
    throw new ProspectError('ENGINE_UNAVAILABLE', 'The wasm engine did not start. Node 20 or newer is needed.');
  }
  await tf.ready();
  registerGather();
  guardHeap((tf.backend() as BackendWasm).wasm as unknown as WasmModule);
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'simd on' : 'simd off';
  return { version: version_wasm, settings: simd };
}

/** WebAssembly addresses 4 GiB. The backend does not look at what malloc answers; a full heap would overwrite address 0. */
function guardHeap(module: WasmModule): void {
  const allocate = module._malloc;
  module._malloc = (bytes: number): number => {
    const address = allocate(bytes);
    if (address !== 0 || bytes === 0) return address;
    throw new ProspectError(
      'ENGINE_UNAVAILABLE',
      `The wasm engine's memory of 4 GiB is full (${bytes} more bytes were asked for). Lower training.microbatchTokens, or use engine: tensorflow.`,
    );
  };
}

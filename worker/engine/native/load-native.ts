/** Loads a native engine into this thread and makes it TensorFlow.js's backend. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { ProspectError } from '../../../core/errors.js';
import { BLIND, brokenRefusal, candidatesFor, type Refusal } from '../candidates.js';
import { engineEnvironment } from '../environment.js';
import { type FusedAddon, fusedRegistered } from '../kernels/fused.js';
import { CORE_SYMBOL } from './assemble.js';
import { FUSED_ADDON } from './compile.js';
import type { NativeEngineName } from './pins.js';

export interface LoadedNative {
  /** TensorFlow's and TensorFlow.js's. */
  readonly version: string;
  /** What changes bits besides version, threads and processor. */
  readonly settings: string;
}

/** What tfjs-node's backend has beyond the interface of all backends. */
interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/**
 * Loads it, or says why not.
 * @throws ENGINE_UNAVAILABLE when the GPU's engine loads but cannot use the GPU: its library is in the process then,
 *   and another TensorFlow beside it would silently be the same one.
 */
export function loadNative(engine: NativeEngineName, threads: number, cacheDir: string): LoadedNative | Refusal {
  const candidates = candidatesFor(engine, cacheDir);
  if ('why' in candidates) return candidates;
  // Reaches TensorFlow from a main thread; for a worker thread its main thread has to do it.
  Object.assign(process.env, engineEnvironment(threads));
  const require = createRequire(import.meta.url);
  Reflect.set(globalThis, Symbol.for(CORE_SYMBOL), require('@tensorflow/tfjs-core'));
  let refusal: Refusal | undefined;
  for (const located of candidates) {
    try {
      require(located.entry);
    } catch (error) {
      refusal ??= brokenRefusal(engine, located, error instanceof Error ? error.message : String(error));
      continue;
    }
    const { binding, isUsingGpuDevice } = tf.backend() as unknown as NativeBackend;
    if (engine === 'tensorflow-gpu' && !isUsingGpuDevice) {
      throw new ProspectError('ENGINE_UNAVAILABLE', `${engine}: ${BLIND.why}. ${BLIND.remedy}.`);
    }
    const version = `${binding.TF_Version} (TensorFlow.js ${tf.version_core})`;
    return { version, settings: isUsingGpuDevice ? 'GPU' : `oneDNN on, ${loadFused(located.entry)}` };
  }
  return refusal!;
}

/** Registers the fused operations where the engine has them; what is told goes into the fingerprint. */
function loadFused(entry: string): string {
  const addon = join(dirname(entry), 'lib', FUSED_ADDON);
  if (!existsSync(addon)) return 'no fused operations';
  const loaded = createRequire(import.meta.url)(addon) as FusedAddon;
  fusedRegistered(loaded);
  return `fused operations ${loaded.revision}${loaded.products ? '' : ' without products'}`;
}

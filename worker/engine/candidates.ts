/** Which native engines are worth loading here, and what to do where none is. Loads nothing itself. */

import { gpuVisible } from './gpu.js';
import { type LocatedEngine, locateNativeEngines } from './native/locate.js';
import type { NativeEngineName } from './native/pins.js';

/** Why an engine is not to be had, and what to do about it. */
export interface Refusal {
  readonly why: string;
  readonly remedy: string;
}

export const NO_GPU: Refusal = {
  why: 'no NVIDIA GPU here',
  remedy: 'It needs an NVIDIA GPU and its driver (see nvidia-smi), and $CUDA_VISIBLE_DEVICES must not hide it',
};

export const BLIND: Refusal = {
  why: 'it loads but cannot use the GPU',
  remedy: 'Update the NVIDIA driver (CUDA 12 is needed), or ask for the CPU with engine: tensorflow',
};

/** The places to load an engine from, best first, or why there is none. */
export function candidatesFor(engine: NativeEngineName, cacheDir: string): LocatedEngine[] | Refusal {
  if (engine === 'tensorflow-gpu' && !gpuVisible()) return NO_GPU;
  const located = locateNativeEngines(engine, cacheDir);
  if (located.length > 0) return located;
  return { why: 'not set up', remedy: `Run: prospect setup --engine ${engine}` };
}

/** For an engine that was found and does not load. */
export function brokenRefusal(engine: NativeEngineName, located: LocatedEngine, why: string): Refusal {
  const remedy =
    located.origin === 'project'
      ? `Repair or remove the project's own package (${located.entry})`
      : `Run: prospect setup --engine ${engine}`;
  return { why, remedy };
}

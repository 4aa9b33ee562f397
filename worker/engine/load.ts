/**
 * Makes one tensor engine the calling thread's: the one that was asked for, or the best that loads. What it is goes
 * into the run's fingerprint, since equal bits need equal engines.
 */

import { cacheFolder } from '../../core/cache-folder.js';
import type { RunConfig } from '../../core/config/schema.js';
import { ProspectError } from '../../core/errors.js';
import type { EngineFingerprint } from '../../core/fingerprint.js';
import type { Refusal } from './candidates.js';
import { loadNative } from './native/load-native.js';
import type { NativeEngineName } from './native/pins.js';
import { processorName } from './processor.js';
import { loadWasmBackend } from './wasm/backend.js';

export interface Engine {
  readonly name: NativeEngineName | 'wasm';
  readonly fingerprint: EngineFingerprint;
  /** Why this one was taken, for a person. */
  readonly reason: string;
}

export interface LoadOptions {
  /** Compute threads. A worker thread also needs `engineEnvironment(threads)` in its process's environment. */
  readonly threads: number;
  /** Where `prospect setup` puts native engines; the default cache folder when left out. */
  readonly cacheDir?: string;
}

/** @throws ENGINE_UNAVAILABLE, with the remedy, when an engine asked for by name does not load. */
export async function loadEngine(choice: RunConfig['engine'], options: LoadOptions): Promise<Engine> {
  const cacheDir = options.cacheDir ?? cacheFolder();
  const natives = (['tensorflow-gpu', 'tensorflow'] as const).filter((name) => choice === 'auto' || choice === name);
  const refusals: Refusal[] = [];
  for (const name of natives) {
    const attempt = loadNative(name, options.threads, cacheDir);
    if ('why' in attempt) {
      refusals.push({ ...attempt, why: `${name}: ${attempt.why}` });
      continue;
    }
    const fingerprint = { engine: name, ...attempt, threads: options.threads, processor: processorName() };
    return { name, fingerprint, reason: reasonFor(choice, refusals) };
  }
  if (choice === 'auto' || choice === 'wasm') return loadWasm(reasonFor(choice, refusals));
  const { why, remedy } = refusals[0]!;
  throw new ProspectError('ENGINE_UNAVAILABLE', `The engine does not load. ${why}. ${remedy}, or take engine: auto.`);
}

/** Tells why an engine was taken, given what was wrong with the better ones. */
export function reasonFor(choice: RunConfig['engine'], refusals: readonly Refusal[]): string {
  if (choice !== 'auto') return 'asked for by name';
  if (refusals.length === 0) return 'the best there is';
  return `the best that loads (${refusals.map((refusal) => refusal.why).join('; ')})`;
}

async function loadWasm(reason: string): Promise<Engine> {
  const { version, settings } = await loadWasmBackend();
  // It computes on the calling thread, whatever the configuration says.
  const fingerprint = { engine: 'wasm', version, threads: 1, settings, processor: processorName() };
  return { name: 'wasm', fingerprint, reason };
}

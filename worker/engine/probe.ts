/** Which engines this machine has, found without risk: native ones load in a child process, since they can crash it. */

import { BLIND, brokenRefusal, candidatesFor, type Refusal } from './candidates.js';
import { loadEngine, reasonFor } from './load.js';
import { checkNativeEngine } from './native/check.js';
import type { NativeEngineName } from './native/pins.js';

/** One engine: works in this version, or does not and why. */
export type EngineProbe = { readonly engine: NativeEngineName | 'wasm' } & (
  | { readonly works: true; readonly version: string }
  | ({ readonly works: false } & Refusal)
);

export interface EngineChoice {
  readonly engine: EngineProbe['engine'];
  readonly reason: string;
}

/** All of them, best first. */
export async function probeEngines(cacheDir: string): Promise<EngineProbe[]> {
  const natives = [await probeNative('tensorflow-gpu', cacheDir), await probeNative('tensorflow', cacheDir)];
  return [...natives, await probeWasm()];
}

/** What `auto` takes of them, and why; undefined when none works. */
export function chooseEngine(probes: readonly EngineProbe[]): EngineChoice | undefined {
  const refusals: Refusal[] = [];
  for (const probe of probes) {
    if (probe.works) return { engine: probe.engine, reason: reasonFor('auto', refusals) };
    refusals.push({ ...probe, why: `${probe.engine}: ${probe.why}` });
  }
  return undefined;
}

async function probeNative(engine: NativeEngineName, cacheDir: string): Promise<EngineProbe> {
  const candidates = candidatesFor(engine, cacheDir);
  if ('why' in candidates) return { engine, works: false, ...candidates };
  let refusal: Refusal | undefined;
  for (const located of candidates) {
    const checked = await checkNativeEngine(located.entry);
    if (checked.works && engine === 'tensorflow-gpu' && !checked.gpu) return { engine, works: false, ...BLIND };
    if (checked.works) return { engine, works: true, version: checked.version };
    refusal ??= brokenRefusal(engine, located, checked.why);
  }
  return { engine, works: false, ...refusal! };
}

async function probeWasm(): Promise<EngineProbe> {
  try {
    const { fingerprint } = await loadEngine('wasm', { threads: 1 });
    return { engine: 'wasm', works: true, version: fingerprint.version };
  } catch (error) {
    return { engine: 'wasm', works: false, why: (error as Error).message, remedy: 'Run: npm install' };
  }
}

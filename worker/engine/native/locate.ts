/** Where a native engine lies on this machine: in the project, where npm put it, or in the cache, where set-up did. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { type NativeEngineName, RECIPE, TENSORFLOW_VERSION } from './pins.js';

export interface LocatedEngine {
  /** Module to require; loading it registers the backend and makes it the current one. */
  readonly entry: string;
  readonly origin: 'project' | 'cache';
}

/** Names in a set-up engine's folder where its entry is. */
export const MANIFEST = 'prospect-engine.json';

export interface Manifest {
  /** Relative to the engine's folder. */
  readonly entry: string;
  /** How it was made. */
  readonly madeFrom: string;
}

/** $PROSPECT_ENGINES, else in the cache: an image holds engines where nothing can be written. */
export function enginesFolder(cacheDir: string): string {
  const { PROSPECT_ENGINES } = process.env;
  return PROSPECT_ENGINES ? resolve(PROSPECT_ENGINES) : join(cacheDir, 'engines');
}

/** Folder of an engine that `prospect setup` made. */
export function engineFolder(engine: NativeEngineName, cacheDir: string): string {
  const name = `${engine}-${TENSORFLOW_VERSION}-${process.platform}-${process.arch}-${RECIPE}`;
  return join(enginesFolder(cacheDir), name);
}

/** In the order in which they are tried: the project's own package, then the cache's. */
export function locateNativeEngines(engine: NativeEngineName, cacheDir: string): LocatedEngine[] {
  return [locateInProject(engine), locateInCache(engine, cacheDir)].filter((located) => located !== undefined);
}

function locateInCache(engine: NativeEngineName, cacheDir: string): LocatedEngine | undefined {
  const folder = engineFolder(engine, cacheDir);
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) return undefined;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  return { entry: join(folder, manifest.entry), origin: 'cache' };
}

/** tfjs-node as a dependency of Prospect or of the project in the working folder, when its addon was built. */
function locateInProject(engine: NativeEngineName): LocatedEngine | undefined {
  const name = engine === 'tensorflow-gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const entry = createRequire(from).resolve(name);
      if (hasAddon(dirname(dirname(entry)))) return { entry, origin: 'project' };
    } catch {
      // Not installed here: the next place.
    }
  }
  return undefined;
}

/** npm leaves the package without its addon when scripts are off. */
function hasAddon(packageFolder: string): boolean {
  return existsSync(join(packageFolder, 'lib')) && existsSync(join(packageFolder, 'deps'));
}

/**
 * `prospect setup`: gets a native engine, by the first way that works: what is there already, the package's own
 * install, a build from pinned parts. Everything is made in a folder beside its place and moved there when it has
 * passed its check, so that an interrupted set-up leaves no engine rather than half of one.
 */

import { existsSync } from 'node:fs';
import { mkdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrnoError, ProspectError } from '../../../core/errors.js';
import { buildEngine, type Step } from './build.js';
import { type CheckedEngine, checkNativeEngine } from './check.js';
import { FUSED_ADDON } from './compile.js';
import { folderFailure, setupError } from './failure.js';
import { folderBytes } from './folder-bytes.js';
import { engineFolder, enginesFolder, locateNativeEngines, MANIFEST, type Manifest } from './locate.js';
import { withLock } from './lock.js';
import { installPackage, whyNoPackageInstall } from './package-install.js';
import { type NativeEngineName, TENSORFLOW_VERSION, TFJS_NODE } from './pins.js';

export interface SetupOptions {
  readonly cacheDir: string;
  /** Gets one line of progress at a time. */
  readonly log: (line: string) => void;
}

export interface SetupResult {
  readonly engine: NativeEngineName;
  /** TensorFlow's version. */
  readonly version: string;
  /** Whether it runs on a GPU. */
  readonly gpu: boolean;
  /** How it was come by. */
  readonly how: 'already there' | 'package' | 'built';
  /** Module that loads it. */
  readonly entry: string;
  /** On disk; absent for an engine that is not in the cache. */
  readonly sizeBytes?: number;
  readonly seconds: number;
}

/** Needed while it is made; what stays is about half. */
const NEEDED_BYTES: Readonly<Record<NativeEngineName, number>> = { tensorflow: 1.6e9, 'tensorflow-gpu': 11e9 };

/** Leaves a working engine, or throws ENGINE_UNAVAILABLE with the remedy. Does nothing when one is there. */
export async function setUpNativeEngine(engine: NativeEngineName, options: SetupOptions): Promise<SetupResult> {
  const startMs = Date.now();
  const finish = async (how: SetupResult['how'], entry: string, checked: CheckedEngine): Promise<SetupResult> => {
    const inCache = entry.startsWith(enginesFolder(options.cacheDir));
    const size = inCache ? { sizeBytes: await folderBytes(engineFolder(engine, options.cacheDir)) } : {};
    const { version, gpu } = checked;
    return { engine, version, gpu, how, entry, ...size, seconds: (Date.now() - startMs) / 1000 };
  };
  const present = await findWorking(engine, options);
  if (present !== undefined) return finish('already there', present.entry, present.checked);
  const lock = join(enginesFolder(options.cacheDir), 'setup.lock');
  try {
    return await withLock(lock, options.log, async () => {
      const meanwhile = await findWorking(engine, options);
      if (meanwhile !== undefined) return finish('already there', meanwhile.entry, meanwhile.checked);
      const made = await makeEngine(engine, options);
      return finish(made.how, made.entry, made.checked);
    });
  } catch (error) {
    const isOurs = error instanceof ProspectError || !isErrnoError(error);
    throw isOurs ? error : folderFailure(options.cacheDir, error);
  }
}

async function findWorking(engine: NativeEngineName, { cacheDir, log }: SetupOptions) {
  for (const located of locateNativeEngines(engine, cacheDir)) {
    const checked = await checkNativeEngine(located.entry);
    if (checked.works) return { entry: located.entry, checked };
    log(`${located.entry} does not work: ${checked.why}`);
  }
  return undefined;
}

async function makeEngine(engine: NativeEngineName, { cacheDir, log }: SetupOptions) {
  const staging = join(enginesFolder(cacheDir), `making-${engine}`);
  // Left by a set-up that was interrupted; the lock keeps others out.
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  await checkSpace(engine, staging);
  const step = stepsTo(log);
  const made = join(staging, 'engine');
  try {
    const { how, entry } = await fillFolder(engine, made, staging, step, log);
    const check = () => checkNativeEngine(join(made, entry));
    let checked = await step('checking it: a product, a gradient, a thread', check);
    if (!checked.works && existsSync(join(made, 'lib', FUSED_ADDON))) {
      log(`it does not work with the fused operations (${checked.why}); without them training will be slower`);
      await rm(join(made, 'lib', FUSED_ADDON));
      checked = await step('checking it without', check);
    }
    if (!checked.works) {
      throw setupError('fault', `${engine} was made but does not run here: ${checked.why}`);
    }
    const manifest: Manifest = {
      entry,
      madeFrom: how === 'built' ? `TensorFlow ${TENSORFLOW_VERSION}` : TFJS_NODE.name,
    };
    await writeFile(join(made, MANIFEST), `${JSON.stringify(manifest)}\n`);
    const place = engineFolder(engine, cacheDir);
    await rm(place, { recursive: true, force: true });
    await rename(made, place);
    return { how, entry: join(place, entry), checked };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function fillFolder(
  engine: NativeEngineName,
  folder: string,
  staging: string,
  step: Step,
  log: (line: string) => void,
): Promise<{ how: 'package' | 'built'; entry: string }> {
  const skipped = whyNoPackageInstall(engine, process.versions.node);
  if (skipped === undefined) {
    const installed = await step(`trying ${TFJS_NODE.name}'s own install`, () => installPackage(folder, staging));
    if ('entry' in installed) return { how: 'package', entry: installed.entry };
    log(`that did not work: ${installed.why}; building it instead`);
  } else {
    log(`${skipped}; building it instead`);
  }
  return { how: 'built', entry: await buildEngine(engine, { folder, work: join(staging, 'work') }, step, log) };
}

async function checkSpace(engine: NativeEngineName, folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= NEEDED_BYTES[engine]) return;
  await rm(folder, { recursive: true, force: true });
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw setupError(
    'space',
    `Making ${engine} needs ${gigabytes(NEEDED_BYTES[engine])} for a while, and ${folder} has ${gigabytes(freeBytes)}: free some space, or let $PROSPECT_CACHE name a folder on another disk.`,
  );
}

function stepsTo(log: (line: string) => void): Step {
  return async (what, work) => {
    log(`${what} …`);
    const startMs = Date.now();
    const result = await work();
    log(`  done in ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
    return result;
  };
}

/** The cache of reference log-probs, for runs that come after this one: where it lies, and how an adapter run uses it. */
import { join } from 'node:path';
import { toProspectError } from '../../core/errors.js';
import { readCached, writeCached } from '../reference-cache/cached.js';
import { referenceKey } from '../reference-cache/key.js';
import type { RunReferences } from '../reference-cache/table.js';
import type { DriverContext } from './context.js';

type Sources = Pick<
  DriverContext,
  'config' | 'train' | 'heldOut' | 'references' | 'common' | 'cacheDir' | 'first' | 'log'
>;

/** Once a worker has said what it has loaded. */
export function cachePathOf({ config, train, heldOut, cacheDir, first }: Sources): string {
  const { loaded } = first()!;
  const key = referenceKey({ config, loaded, trainDigest: train.digest, heldOutDigest: heldOut.digest });
  return join(cacheDir, 'reference', `${key}.f64`);
}

/** Fills the tables as far as an earlier run got. @returns for how many steps that is; 0 where there is none. */
export async function readFromCache(references: RunReferences, sources: Sources): Promise<number> {
  const path = cachePathOf(sources);
  const steps = await readCached(path, references);
  const { log } = sources;
  if (steps === 'damaged') log.warn({ path }, 'the cached reference log-probs are damaged: computing them again');
  if (typeof steps === 'string') return 0;
  log.info({ path, steps }, 'reference log-probs taken from the cache');
  return steps;
}

/** Before an adapter run's first plan. @throws STORAGE */
export async function readCommon(sources: Sources): Promise<void> {
  const { common, references } = sources;
  if (!common) return;
  common.cachedSteps = await readFromCache({ train: common.table, heldOut: references.heldOut }, sources);
  common.steps = Math.max(common.steps, common.cachedSteps);
}

/** At the end of an adapter run, however it ends: one that cannot be written loses nothing but time. */
export async function writeCommon(sources: Sources): Promise<void> {
  const { common, references, first, log } = sources;
  if (!common || !first() || common.steps <= common.cachedSteps) return;
  const path = cachePathOf(sources);
  try {
    await writeCached(path, common.steps, { train: common.table, heldOut: references.heldOut });
    log.info({ path, steps: common.steps }, 'reference log-probs cached');
  } catch (error) {
    log.warn({ path }, `reference log-probs are not cached: ${toProspectError(error).message}`);
  }
}

/**
 * Reference log-probs ahead of full fine-tuning: the starting weights are the reference, and after the first step nobody
 * has them any more. So all pairs of all planned steps are scored now, in the very microbatches in which the steps will
 * meet them (equal shapes give equal bits). They are kept with the run, which needs them when it goes on, and in the
 * cache for the next run of the same settings.
 */
import { join } from 'node:path';
import { ProspectError } from '../../core/errors.js';
import { needsReference } from '../../core/kto.js';
import type { SequenceScore } from '../../proto/gen/prospect/v1/coordinator.js';
import type { Batch } from '../batch.js';
import { positionOf } from '../calendar.js';
import { evaluationParts } from '../evaluation-parts.js';
import { type PlannedStep, planStep } from '../plan-step.js';
import { writeCached } from '../reference-cache/cached.js';
import { readReferences, writeReferences } from '../reference-cache/file.js';
import { known, type ReferenceTable, type RunReferences } from '../reference-cache/table.js';
import { cachePathOf, readFromCache } from './cached-references.js';
import type { DriverContext } from './context.js';
import type { ScoreBatch } from './scorer.js';

/** In the output folder. */
export const REFERENCES_FILE = 'references.f64';

export function needsPrelude({ config }: Pick<DriverContext, 'config'>): boolean {
  return config.method === 'full' && needsReference(config.loss.type);
}

/**
 * Fills the tables: from the run's own file, from disk as far as an equal run has left them, and by computing the rest.
 * @throws what ends the scoring; STORAGE.
 */
export async function fillReferences(score: ScoreBatch, context: DriverContext): Promise<void> {
  const { config, references, calendar, log } = context;
  const own = join(config.output, REFERENCES_FILE);
  const arrays = arraysOf(references);
  if ((await readReferences(own, arrays)) === 'read') return;
  const cachedSteps = await readFromCache(references, context);
  await computeReferences(score, cachedSteps, context);
  await writeReferences(own, arrays);
  if (cachedSteps >= calendar.totalSteps) return;
  const path = cachePathOf(context);
  await writeCached(path, calendar.totalSteps, references);
  log.info({ path, steps: calendar.totalSteps }, 'reference log-probs cached');
}

/**
 * For a run that goes on after its first step.
 * @param keptElsewhere tables of a snapshot, where there is one; asked for when the run's own file is gone.
 * @throws STORAGE when they are nowhere any more.
 */
export async function readOwnReferences(
  { config, references }: Pick<DriverContext, 'config' | 'references'>,
  keptElsewhere: () => Promise<RunReferences | undefined>,
): Promise<void> {
  const own = join(config.output, REFERENCES_FILE);
  const arrays = arraysOf(references);
  const found = await readReferences(own, arrays);
  if (found === 'read') return;
  const kept = await keptElsewhere();
  const saved = kept && arraysOf(kept);
  if (!saved || saved.some(({ length }, i) => length !== arrays[i]!.length)) {
    const reason = `${own} is ${found}, and no snapshot has the reference log-probs that training needs`;
    throw new ProspectError('STORAGE', `${reason}. Restore that file, or begin anew with --overwrite.`);
  }
  for (const [i, array] of arrays.entries()) array.set(saved[i]!);
  await writeReferences(own, arrays);
}

function arraysOf({ train, heldOut }: RunReferences): Float64Array[] {
  return [train.matched, train.mismatched, heldOut.matched, heldOut.mismatched];
}

/** @param cachedSteps the first so many are there; in the same microbatches, so that the others don't depend on it. */
async function computeReferences(score: ScoreBatch, cachedSteps: number, context: DriverContext): Promise<void> {
  const { config, references, train, heldOut, calendar, log } = context;
  for (const part of evaluationParts(heldOut, config)) await scorePart(references.heldOut, part, score);
  for (let step = cachedSteps + 1; step <= calendar.totalSteps; step++) {
    await scorePart(references.train, planStep(train, config, positionOf(step, calendar)), score);
    log.debug({ step, of: calendar.totalSteps }, 'reference log-probs computed');
  }
}

/** What is known of another part (rows of an earlier epoch, fixed pairs) stays. */
async function scorePart(
  table: ReferenceTable,
  { matched, mismatched, pairPlaces }: PlannedStep,
  score: ScoreBatch,
): Promise<void> {
  const rows = matched.sequences.map(({ row }) => row);
  const isNew = await fillMissing(table.matched, rows, matched, score);
  // At the rows' first step the policy meets the pairs beside them, later it costs less to let them stand alone.
  const { sequences, microbatches } = mismatched;
  await fillMissing(table.mismatched, pairPlaces, isNew ? mismatched : { sequences, microbatches }, score);
}

/** @param places in `values`, of each sequence of the batch. @returns whether any was missing. */
async function fillMissing(
  values: Float64Array,
  places: readonly number[],
  batch: Batch,
  score: ScoreBatch,
): Promise<boolean> {
  if (places.every((place) => known(values, place) !== undefined)) return false;
  const scores = await scoreAtStart(score, batch);
  for (const [i, place] of places.entries()) values[place] = known(values, place) ?? scores[i]!.policyLogp;
  return true;
}

/** Before the first step the policy is the reference. */
function scoreAtStart(score: ScoreBatch, batch: Batch): Promise<SequenceScore[]> {
  return score(batch, { policy: true, reference: false, known: () => undefined });
}

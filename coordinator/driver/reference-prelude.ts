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
import { readReferences, writeReferences } from '../reference-cache/file.js';
import { referenceKey } from '../reference-cache/key.js';
import { firstPair, known, type ReferenceTable, type RunReferences } from '../reference-cache/table.js';
import type { DriverContext } from './context.js';
import type { ScoreBatch } from './scorer.js';

/** In the output folder. */
export const REFERENCES_FILE = 'references.f64';

export function needsPrelude({ config }: Pick<DriverContext, 'config'>): boolean {
  return config.method === 'full' && needsReference(config.loss.type);
}

/**
 * Fills the tables: from the run's own file, from disk where an equal run has left them, or by computing them.
 * @throws what ends the scoring; STORAGE.
 */
export async function fillReferences(score: ScoreBatch, context: DriverContext): Promise<void> {
  const { config, references, train, heldOut, calendar, cacheDir, log } = context;
  const own = join(config.output, REFERENCES_FILE);
  const arrays = arraysOf(references);
  if ((await readReferences(own, arrays)) === 'read') return;
  const { loaded } = context.first()!;
  const digests = { trainDigest: train.digest, heldOutDigest: heldOut.digest };
  const key = referenceKey({ config, loaded, totalSteps: calendar.totalSteps, ...digests });
  const cached = join(cacheDir, 'reference', `${key}.f64`);
  const found = await readReferences(cached, arrays);
  if (found === 'damaged')
    log.warn({ path: cached }, 'the cached reference log-probs are damaged: computing them again');
  if (found === 'read') log.info({ path: cached }, 'reference log-probs taken from the cache');
  else await computeReferences(score, context);
  await writeReferences(own, arrays);
  if (found === 'read') return;
  await writeReferences(cached, arrays);
  log.info({ path: cached }, 'reference log-probs cached');
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

async function computeReferences(score: ScoreBatch, context: DriverContext): Promise<void> {
  const { config, references, train, heldOut, calendar, log } = context;
  for (const part of evaluationParts(heldOut, config)) {
    await scorePart(references.heldOut, part, (position) => part.matched.sequences[position]!.row, score);
  }
  for (let step = 1; step <= calendar.totalSteps; step++) {
    const first = firstPair(step, config.training.globalBatch);
    const plan = planStep(train, config, positionOf(step, calendar));
    await scorePart(references.train, plan, (position) => first + position, score);
    log.debug({ step, of: calendar.totalSteps }, 'reference log-probs computed');
  }
}

/** @param pairIndex where in the table the pair at a position of the batch belongs. */
async function scorePart(
  table: ReferenceTable,
  { matched, mismatched }: PlannedStep,
  pairIndex: (position: number) => number,
  score: ScoreBatch,
): Promise<void> {
  const isNew = matched.sequences.some(({ row }) => known(table.matched, row) === undefined);
  if (isNew) {
    const scores = await scoreAtStart(score, matched);
    for (const { row, policyLogp } of scores) table.matched[row] = known(table.matched, row) ?? policyLogp;
  }
  const scores = await scoreAtStart(score, mismatched);
  for (const [position, { policyLogp }] of scores.entries()) table.mismatched[pairIndex(position)] = policyLogp;
}

/** Before the first step the policy is the reference. */
function scoreAtStart(score: ScoreBatch, batch: Batch): Promise<SequenceScore[]> {
  return score(batch, { policy: true, reference: false, known: () => undefined });
}

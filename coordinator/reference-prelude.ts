/**
 * Reference log-probs ahead of full fine-tuning: the starting weights are the reference, and after the first step nobody
 * has them any more. So all pairs of all planned steps are scored now, in the very microbatches in which the steps will
 * meet them (equal shapes give equal bits), and kept on disk for the next run of the same settings.
 */
import { join } from 'node:path';
import type { RunConfig } from '../core/config/schema.js';
import type { SequenceScore } from '../proto/gen/prospect/v1/coordinator.js';
import type { Batch } from './batch.js';
import { type Calendar, positionOf } from './calendar.js';
import { evaluationParts } from './evaluation-parts.js';
import { type PlannedStep, planStep } from './plan-step.js';
import { readReferences, writeReferences } from './reference-cache/file.js';
import { referenceKey } from './reference-cache/key.js';
import { firstPair, known, type ReferenceTable, type RunReferences } from './reference-cache/table.js';
import type { RowSource } from './row-source.js';
import type { RunLog } from './run-log.js';
import { scoreBatch } from './score-batch.js';
import type { Team } from './team.js';

export interface PreludeOptions {
  readonly config: RunConfig;
  readonly team: Team;
  readonly train: RowSource;
  readonly heldOut: RowSource;
  readonly calendar: Calendar;
  readonly cacheDir: string;
  readonly log: RunLog;
}

/** Fills the tables, from disk where an equal run has left them. */
export async function fillReferences(references: RunReferences, options: PreludeOptions): Promise<void> {
  const { config, team, train, heldOut, calendar, cacheDir, log } = options;
  const digests = { trainDigest: train.digest, heldOutDigest: heldOut.digest };
  const key = referenceKey({ config, loaded: team.loaded, totalSteps: calendar.totalSteps, ...digests });
  const path = join(cacheDir, 'reference', `${key}.f64`);
  const { train: ofTrain, heldOut: ofHeldOut } = references;
  const arrays = [ofTrain.matched, ofTrain.mismatched, ofHeldOut.matched, ofHeldOut.mismatched];
  const found = await readReferences(path, arrays);
  if (found === 'read') return log.info({ path }, 'reference log-probs taken from the cache');
  if (found === 'damaged') log.warn({ path }, 'the cached reference log-probs are damaged: computing them again');

  await computeReferences(references, options);
  await writeReferences(path, arrays);
  log.info({ path }, 'reference log-probs cached');
}

async function computeReferences(references: RunReferences, options: PreludeOptions): Promise<void> {
  const { config, train, heldOut, calendar, log } = options;
  for (const part of evaluationParts(heldOut, config)) {
    await scorePart(references.heldOut, part, (position) => part.matched.sequences[position]!.row, heldOut, options);
  }
  for (let step = 1; step <= calendar.totalSteps; step++) {
    const first = firstPair(step, config.training.globalBatch);
    const plan = planStep(train, config, positionOf(step, calendar));
    await scorePart(references.train, plan, (position) => first + position, train, options);
    log.debug({ step, of: calendar.totalSteps }, 'reference log-probs computed');
  }
}

/** @param pairIndex where in the table the pair at a position of the batch belongs. */
async function scorePart(
  table: ReferenceTable,
  { matched, mismatched }: PlannedStep,
  pairIndex: (position: number) => number,
  rows: RowSource,
  { team }: PreludeOptions,
): Promise<void> {
  team.phase = 'the reference log-probs ahead of the run';
  const isNew = matched.sequences.some(({ row }) => known(table.matched, row) === undefined);
  if (isNew) {
    const scores = await scoreAtStart(team, matched, rows);
    for (const { row, policyLogp } of scores) table.matched[row] = known(table.matched, row) ?? policyLogp;
  }
  const scores = await scoreAtStart(team, mismatched, rows);
  for (const [position, { policyLogp }] of scores.entries()) table.mismatched[pairIndex(position)] = policyLogp;
}

/** Before the first step the policy is the reference. */
function scoreAtStart(team: Team, batch: Batch, rows: RowSource): Promise<SequenceScore[]> {
  return scoreBatch(team, batch, { policy: true, reference: false, known: () => undefined }, rows);
}

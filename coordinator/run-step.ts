/**
 * One step, as the coordinator drives it: mismatched pairs, reference point, gradients, reduction, commit. Every phase
 * waits for all workers; a phase that cannot end throws.
 */
import type { RunConfig } from '../core/config/schema.js';
import { needsReference, type ReferencePoint, referencePoint } from '../core/kto.js';
import type { LeafRange } from '../core/reduction-tree.js';
import type { SequenceScore } from '../proto/gen/prospect/v1/coordinator.js';
import { agreedGradient } from './agreement.js';
import { microbatchMessages, scoresInOrder, shareOut } from './batch.js';
import { type Calendar, positionOf } from './calendar.js';
import { exampleScores } from './example-scores.js';
import { checkFinite } from './finite.js';
import type { StepRecord } from './metrics/step-record.js';
import { type PlannedStep, planStep, sftScaleOf } from './plan-step.js';
import { firstPair, known, type ReferenceTable } from './reference-cache/table.js';
import type { RowSource } from './row-source.js';
import { createStopwatch } from './stopwatch.js';
import type { Team } from './team.js';

export interface StepContext {
  readonly config: RunConfig;
  readonly team: Team;
  readonly rows: RowSource;
  readonly references: ReferenceTable;
  readonly calendar: Calendar;
}

/** What all phases of a step share. */
interface StepWork extends StepContext {
  readonly step: number;
  readonly plan: PlannedStep;
  /** Leaves of each rank. */
  readonly leaves: readonly LeafRange[];
}

export async function runStep(context: StepContext, step: number, learningRate: number): Promise<StepRecord> {
  const { config, team, rows, calendar } = context;
  const stopwatch = createStopwatch(() => performance.now());
  const plan = planStep(rows, config, positionOf(step, calendar));
  const work = { ...context, step, plan, leaves: shareOut(plan.matched, team.links.length) };
  const point = await stopwatch.time('reference_point', estimateReferencePoint(work));
  const scores = await stopwatch.time('gradients', computeGradients(work, point));
  const gradNorm = await stopwatch.time('reduce', reduceGradients(work));
  await stopwatch.time('update', commit(work, learningRate));
  const { sequences } = plan.matched;
  return {
    step,
    epoch: step / calendar.stepsPerEpoch,
    learningRate,
    gradNorm,
    referencePoint: point,
    examples: exampleScores(plan.matched, scores),
    tokens: sequences.reduce((tokens, { tokenIds }) => tokens + tokenIds.length, 0),
    seconds: stopwatch.seconds(),
    workers: team.links.length,
    pairing: plan.pairing,
    sftScale: sftScaleOf(plan.matched),
  };
}

/** Plan → mismatched reports → z0 over the whole global batch, in example order. */
async function estimateReferencePoint(work: StepWork): Promise<ReferencePoint> {
  const { team, step, plan, leaves, references, rows, config } = work;
  const { generation } = team;
  team.phase = `the mismatched pairs of step ${step}`;
  const shares = shareOut(plan.mismatched, leaves.length);
  const pairs = firstPair(step, config.training.globalBatch);
  const ofRow = (position: number) => known(references.matched, plan.matched.sequences[position]!.row);
  const ofPair = (position: number) => known(references.mismatched, pairs + position);
  team.tell((rank) => {
    const mismatched = microbatchMessages(plan.mismatched, shares[rank]!, ofPair);
    const matched = microbatchMessages(plan.matched, leaves[rank]!, ofRow);
    const leafCount = plan.matched.microbatches.length;
    const sftScale = sftScaleOf(plan.matched);
    return { $case: 'stepPlan', value: { generation, step, mismatched, matched, leafCount, sftScale } };
  });
  const reports = await team.collect('mismatchedReport', { step });
  const scores = scoresInOrder(
    plan.mismatched,
    reports.map((report) => report.scores),
  );
  checkFinite(scores, { policy: true, reference: true }, rows, team.phase);
  return referencePoint(scores.map((score) => score.policyLogp - score.referenceLogp));
}

/** @returns scores in the order of the batch; reference log-probs that came with them are kept for later epochs. */
async function computeGradients(work: StepWork, { z0 }: ReferencePoint): Promise<SequenceScore[]> {
  const { team, step, plan, references, rows, config } = work;
  const { generation } = team;
  team.phase = `the gradients of step ${step}`;
  team.tell(() => ({ $case: 'referencePoint', value: { generation, step, z0 } }));
  const reports = await team.collect('gradientReport', { step });
  const scores = scoresInOrder(
    plan.matched,
    reports.map((report) => report.scores),
  );
  const reference = needsReference(config.loss.type);
  checkFinite(scores, { policy: true, reference }, rows, team.phase);
  if (reference) for (const { row, referenceLogp } of scores) references.matched[row] = referenceLogp;
  return scores;
}

/** @returns the norm of the whole gradient, on which all workers agree. */
async function reduceGradients(work: StepWork): Promise<number> {
  const { team, step, plan, leaves } = work;
  const { generation } = team;
  team.phase = `the reduction of step ${step}`;
  const leafCount = plan.matched.microbatches.length;
  const exampleCount = plan.matched.sequences.length;
  const ranges = leaves.map(({ start, end }) => ({ start, end }));
  team.tell(() => ({ $case: 'reduce', value: { generation, step, leafCount, exampleCount, leaves: ranges } }));
  return agreedGradient(await team.collect('reducedReport', { step }), team.links, step);
}

async function commit({ team, step }: StepWork, learningRate: number): Promise<void> {
  const { generation } = team;
  team.phase = `the update of step ${step}`;
  team.tell(() => ({ $case: 'commit', value: { generation, step, learningRate } }));
  await team.collect('appliedReport', { step });
}

/** What a worker does for each message of a step, and for scoring without gradient. Each returns its report. */
import { ProspectError } from '../core/errors.js';
import type {
  AppliedReport,
  Commit,
  GradientReport,
  Microbatch,
  MismatchedReport,
  Reduce,
  ReducedReport,
  ReferencePoint,
  ScorePlan,
  ScoreReport,
  StepPlan,
} from '../proto/gen/prospect/v1/coordinator.js';
import type { Compute, SequenceScore } from './compute/compute.js';
import { sequenceInput } from './wire.js';
import { loadedModel, memberOf, planOf, type WorkerState } from './worker-state.js';

/** Takes the step on, and scores its part of the mismatched pairs. */
export async function scoreMismatched(plan: StepPlan, state: WorkerState): Promise<MismatchedReport> {
  const { generation, step } = plan;
  const member = memberOf(state, plan);
  member.plan = plan;
  member.reduced = undefined;
  const { compute, exchange } = loadedModel(state);
  exchange.begin({ generation, step }, plan.leafCount);
  return { generation, step, scores: await score(plan.mismatched, { policy: true, reference: true }, compute) };
}

export async function computeGradients(point: ReferencePoint, state: WorkerState): Promise<GradientReport> {
  const { generation, step } = point;
  const { loss, compute, exchange } = loadedModel(state);
  const plan = planOf(memberOf(state, point), point);
  const scores: SequenceScore[] = [];
  for (const { leaf, sequences } of plan.matched) {
    const into = exchange.store.pool.take();
    const { z0 } = point;
    const inputs = sequences.map(sequenceInput);
    scores.push(...(await compute.gradient({ sequences: inputs, loss, z0, sftScale: plan.sftScale, into })));
    await exchange.store.addLeaf(leaf, into);
  }
  return { generation, step, scores };
}

export async function reduceStep(order: Reduce, state: WorkerState): Promise<ReducedReport> {
  const { generation, step } = order;
  const member = memberOf(state, order);
  planOf(member, order);
  const gradient = await member.reducer.reduce(order);
  const { digest, norm } = await loadedModel(state).compute.measure(gradient);
  member.reduced = { gradient, norm };
  return { generation, step, digest, norm };
}

export async function applyStep(commit: Commit, state: WorkerState): Promise<AppliedReport> {
  const { generation, step, learningRate } = commit;
  const member = memberOf(state, commit);
  planOf(member, commit);
  const { reduced } = member;
  if (!reduced) throw new ProspectError('PROTOCOL', `step ${step} was committed before its gradient was reduced`);
  const { compute, exchange } = loadedModel(state);
  await compute.update({ ...reduced, learningRate, updateNumber: step });
  exchange.store.pool.give(reduced.gradient);
  member.reduced = undefined;
  member.plan = undefined;
  return { generation, step };
}

export async function scoreSequences(plan: ScorePlan, state: WorkerState): Promise<ScoreReport> {
  const { generation, task, policy, reference } = plan;
  memberOf(state, plan);
  return {
    generation,
    task,
    scores: await score(plan.microbatches, { policy, reference }, loadedModel(state).compute),
  };
}

async function score(
  microbatches: readonly Microbatch[],
  what: { policy: boolean; reference: boolean },
  compute: Compute,
): Promise<SequenceScore[]> {
  const scores: SequenceScore[] = [];
  for (const { sequences } of microbatches) {
    const reference = what.reference && sequences.some((sequence) => sequence.referenceLogp === undefined);
    scores.push(...(await compute.score({ sequences: sequences.map(sequenceInput), policy: what.policy, reference })));
  }
  return scores;
}

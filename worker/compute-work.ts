/** Jobs that compute one microbatch. Each reports its result by itself, at once. */
import type { Microbatch } from '../proto/gen/prospect/v1/coordinator.js';
import type { Order, Scoring } from './agenda.js';
import type { Compute, Leaf, SequenceScore } from './compute/compute.js';
import { faults, flipBit } from './faults.js';
import type { StepWork } from './step-work.js';
import { sequenceInput } from './wire.js';
import { type LoadedModel, loadedModel, type WorkerState } from './worker-state.js';

export async function computeMismatched(number: number, worker: WorkerState): Promise<void> {
  const { work, compute } = loadedModel(worker);
  if (!work) return;
  const { step, attempt, plan } = work;
  faults.strike('mismatched', step);
  const microbatch = work.given.mismatched.get(number)!;
  const begunMs = performance.now();
  const held = work.scores.get(number);
  const scores = held ?? (await score(microbatch, BOTH, compute, work));
  const computeMs = held ? 0 : performance.now() - begunMs;
  work.scores.set(number, scores);
  if (work.plan === plan) plan.mismatched = without(plan.mismatched, number);
  const { generation } = worker;
  const value = { generation, step, attempt, microbatch: number, scores: [...scores], computeMs };
  plan.reply({ $case: 'mismatchedReport', value });
}

/** The gradient stays in the store. */
export async function computeLeaf(leaf: number, worker: WorkerState): Promise<void> {
  const model = loadedModel(worker);
  const { work } = model;
  if (!work || work.plan.z0 === undefined) return;
  const { plan, step, attempt } = work;
  const { z0 } = work.plan;
  const begunMs = performance.now();
  const isHeld = work.leaves.has(leaf);
  if (!isHeld) await computeGradient(leaf, z0, work, model);
  const { scores, digest } = work.leaves.get(leaf)!;
  if (work.plan === plan) plan.leaves = without(plan.leaves, leaf);
  plan.reply({
    $case: 'leafReport',
    value: {
      generation: worker.generation,
      step,
      attempt,
      leaf,
      z0,
      scores: [...scores],
      digest,
      computeMs: isHeld ? 0 : performance.now() - begunMs,
    },
  });
}

async function computeGradient(leaf: number, z0: number, work: StepWork, model: LoadedModel): Promise<void> {
  const { compute, loss, exchange } = model;
  const { step, sftScale, plan } = work;
  faults.strike('gradients', step);
  const { store } = exchange;
  const into = store.pool.take();
  const given = leafOf(work.given.matched.get(leaf)!, work);
  const scores = await compute.gradient({ leaf: given, loss, z0, sftScale, into });
  if (faults.strike('leaf', step)) flipBit(into);
  const digest = plan.audited.has(leaf) ? await compute.digest(into) : '';
  await store.addLeaf(leaf, into);
  work.leaves.set(leaf, { scores, digest });
}

export async function computeScores({ message, reply }: Order<Scoring>, worker: WorkerState): Promise<void> {
  const { task, microbatch, policy, reference } = message;
  faults.strike('scoring', loadedModel(worker).parameters.applied().step);
  const scores = await score(microbatch, { policy, reference }, loadedModel(worker).compute);
  const { generation } = worker;
  reply({ $case: 'scoreReport', value: { generation, task, microbatch: microbatch.number, scores: [...scores] } });
}

const BOTH = { policy: true, reference: true };

/** @param work whose leaves are computed next; undefined outside a step. */
function score(
  { sequences, leaf }: Microbatch,
  what: { readonly policy: boolean; readonly reference: boolean },
  compute: Compute,
  work?: StepWork,
): Promise<SequenceScore[]> {
  const reference = what.reference && sequences.some((sequence) => sequence.referenceLogp === undefined);
  const beside = leaf && { beside: leafOf(leaf, work), keepsBeside: work !== undefined };
  return compute.score({ sequences: sequences.map(sequenceInput), ...beside, policy: what.policy, reference });
}

function leafOf({ number, sequences }: Microbatch, work: Pick<StepWork, 'step' | 'attempt'> | undefined): Leaf {
  const plan = work ? `${work.step}.${work.attempt}` : '';
  return { plan, number, sequences: sequences.map(sequenceInput) };
}

function without(numbers: readonly number[], number: number): number[] {
  return numbers.filter((other) => other !== number);
}

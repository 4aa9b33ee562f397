/**
 * The step at hand as this worker sees it: what it was given, and what it has finished. Results outlive plans of the
 * same step and attempt, and sessions: they are reported again, never computed again.
 */
import type { LeafRange } from '../core/reduction-tree.js';
import type { Microbatch, StepPlan } from '../proto/gen/prospect/v1/coordinator.js';
import type { Reply } from './agenda.js';
import type { GradientStore } from './allreduce/gradient-store.js';
import type { SequenceScore } from './compute/compute.js';

export interface FinishedLeaf {
  readonly scores: readonly SequenceScore[];
  /** SHA-256 of its gradient, hex; '' when nobody asked for it. */
  readonly digest: string;
}

export interface StepWork {
  readonly step: number;
  readonly attempt: number;
  readonly leafCount: number;
  readonly sftScale: number;
  /** All that was ever given, by number. */
  readonly given: { readonly mismatched: Map<number, Microbatch>; readonly matched: Map<number, Microbatch> };
  /** Finished mismatched microbatches. */
  readonly scores: Map<number, readonly SequenceScore[]>;
  /** Finished leaves; their gradients are in the store. */
  readonly leaves: Map<number, FinishedLeaf>;
  /** Reference point that the leaves were computed with. */
  leavesZ0: number | undefined;
  /** Leaves that are compared between workers: never summed with others, so that they can be discarded. */
  readonly compared: Set<number>;
  /** The newest plan. */
  plan: {
    readonly audited: ReadonlySet<number>;
    readonly reply: Reply;
    /** Known once the coordinator has said it for this plan. */
    z0: number | undefined;
    /** Numbers still to be reported. */
    mismatched: number[];
    leaves: number[];
  };
}

/**
 * The work that a plan makes of what was there before.
 * @param begin starts the step in the store; leaves of the same step and attempt stay.
 */
export function takePlan(
  before: StepWork | undefined,
  message: StepPlan,
  reply: Reply,
  store: Pick<GradientStore, 'discard' | 'leaves'>,
  begin: (work: StepWork) => void,
): StepWork {
  const isSame = before?.step === message.step && before.attempt === message.attempt;
  const plan = {
    audited: new Set(message.audited),
    reply,
    z0: undefined,
    mismatched: numbersOf(message.mismatched),
    leaves: numbersOf(message.matched),
  };
  const work: StepWork = isSame ? before : newWork(message, plan);
  // The store knows a step by its number; leaves from before this worker healed are not this work's.
  if (!isSame) store.discard(store.leaves());
  work.plan = plan;
  for (const microbatch of message.mismatched) work.given.mismatched.set(microbatch.number, microbatch);
  for (const microbatch of message.matched) work.given.matched.set(microbatch.number, microbatch);
  for (const leaf of message.audited) work.compared.add(leaf);
  begin(work);
  // Once it is summed with others, a leaf's own digest can't be had.
  const unmeasured = message.audited.filter((leaf) => work.leaves.get(leaf)?.digest === '');
  addLeaves(work, dropLeaves(work, [...message.discarded, ...unmeasured], store));
  return work;
}

/** Leaves of another reference point are worth nothing. */
export function takeReferencePoint(work: StepWork, z0: number, store: Pick<GradientStore, 'discard'>): void {
  if (work.leavesZ0 !== z0) dropLeaves(work, [...work.leaves.keys()], store);
  work.leavesZ0 = z0;
  work.plan.z0 = z0;
}

/**
 * Makes the store hold exactly the leaves that a reduction counts on: what others contribute is dropped.
 * @returns leaves that are missing and must be computed first.
 */
export function settleHolding(
  work: StepWork,
  ranges: readonly LeafRange[],
  store: Pick<GradientStore, 'discard'>,
): number[] {
  const wanted = ranges.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));
  const extra = [...work.leaves.keys()].filter((leaf) => !wanted.includes(leaf));
  dropLeaves(work, extra, store);
  return wanted.filter((leaf) => !work.leaves.has(leaf));
}

/** Nothing of the plan is begun any more. */
export function voidPlan({ plan }: StepWork): void {
  plan.mismatched = [];
  plan.leaves = [];
}

export function addLeaves(work: StepWork, leaves: readonly number[]): void {
  work.plan.leaves = [...new Set([...work.plan.leaves, ...leaves])];
}

/** @returns leaves that had to go with them although they are wanted. */
function dropLeaves(work: StepWork, leaves: readonly number[], store: Pick<GradientStore, 'discard'>): number[] {
  const dropped = leaves.filter((leaf) => work.leaves.has(leaf));
  if (dropped.length === 0) return [];
  const gone = store.discard(dropped);
  for (const leaf of [...dropped, ...gone]) work.leaves.delete(leaf);
  return gone;
}

function newWork({ step, attempt, leafCount, sftScale }: StepPlan, plan: StepWork['plan']): StepWork {
  return {
    step,
    attempt,
    leafCount,
    sftScale,
    given: { mismatched: new Map(), matched: new Map() },
    scores: new Map(),
    leaves: new Map(),
    leavesZ0: undefined,
    compared: new Set(),
    plan,
  };
}

function numbersOf(microbatches: readonly Microbatch[]): number[] {
  return microbatches.map(({ number }) => number);
}

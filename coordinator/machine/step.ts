/** A step from its plan to the order to reduce: what is reported, and what follows when a stage is complete. */

import { distribute, measureSpeed, sendPlans } from './assignment.js';
import { startAudit } from './audit.js';
import { noteProgress } from './duties.js';
import type { Message } from './effects.js';
import type { DriverEvent, WorkerEvent } from './events.js';
import { peakOf } from './learning-rates.js';
import { orderReduction } from './reduction.js';
import { setRowsAside } from './set-aside.js';
import type { StepWork } from './step-work.js';
import {
  activeMembers,
  agreedDigest,
  emit,
  ownList,
  send,
  type Turn,
  update,
  updateMember,
  updateWork,
} from './turn.js';
import type { Member } from './types.js';

type Of<Kind> = Extract<WorkerEvent | DriverEvent, { kind: Kind }>;

/** Takes up the step after the committed one. */
export function planStep(turn: Turn): void {
  const { generation, committed, setAside, learningRates, commands } = turn.state;
  const step = committed.step + 1;
  const attempt = setAside.length;
  const work: StepWork = {
    step,
    attempt,
    stage: 'planning',
    awaitsRows: false,
    sinceGeneration: generation,
    learningRate: 0,
    exampleCount: 0,
    mismatched: [],
    leaves: [],
    z0: undefined,
    notFinite: [],
    planned: [],
    audit: undefined,
    reduced: [],
    reducedBefore: [],
    reduceRetries: 0,
    troubles: [],
    longestGaps: {},
  };
  update(turn, { work });
  const peakLearningRate = peakOf(learningRates, step);
  const evaluates = commands.evaluation !== 'none';
  emit(turn, { kind: 'plan', generation, step, attempt, peakLearningRate, evaluates });
}

export function takeRowsAwaited(turn: Turn, { generation, step }: Of<'rowsAwaited'>): void {
  const { work } = turn.state;
  const isDue = work?.stage === 'planning' && work.sinceGeneration === generation && work.step === step;
  if (isDue) updateWork(turn, { awaitsRows: true });
}

export function takePlan(turn: Turn, plan: Of<'planned'>): void {
  const { work } = turn.state;
  const isDue = work?.stage === 'planning' && work.sinceGeneration === plan.generation && work.step === plan.step;
  if (!isDue || work.attempt !== plan.attempt) return;
  updateWork(turn, {
    stage: 'mismatched',
    awaitsRows: false,
    learningRate: plan.learningRate,
    exampleCount: plan.exampleCount,
    mismatched: plan.mismatchedCosts.map((cost) => ({ cost, owner: 0, isDone: false })),
    leaves: plan.leafCosts.map((cost) => ({ cost, owner: 0, holders: [] })),
  });
  distribute(turn);
  startAudit(turn);
}

export function takeReferencePoint(turn: Turn, { generation, z0 }: Of<'referencePointReady'>): void {
  const { work } = turn.state;
  if (work?.stage !== 'referencePoint' || work.sinceGeneration !== generation) return;
  const { step, attempt, planned } = work;
  updateWork(turn, { stage: 'gradients', z0 });
  const point: Message = { kind: 'referencePoint', generation: turn.state.generation, step, attempt, z0 };
  for (const session of planned) {
    send(turn, session, point);
    updateMember(turn, session, { progressAtMs: turn.atMs });
  }
}

/** @returns false when the report is not of the plan at work. */
export function isOfPlan(
  turn: Turn,
  { sinceGeneration, status }: Member,
  report: Of<'mismatchedReport' | 'leafReport'>,
) {
  const { work } = turn.state;
  return (
    work !== undefined &&
    status === 'active' &&
    report.step === work.step &&
    report.attempt === work.attempt &&
    report.generation >= Math.max(sinceGeneration, work.sinceGeneration)
  );
}

export function takeMismatched(turn: Turn, member: Member, { microbatch, notFinite }: Of<'mismatchedReport'>): void {
  const work = turn.state.work!;
  if (work.stage !== 'mismatched' || work.mismatched[microbatch]?.isDone !== false) return;
  const mismatched = ownList(turn, work.mismatched);
  mismatched[microbatch] = { ...work.mismatched[microbatch], isDone: true };
  updateWork(turn, { mismatched, notFinite: joined(work.notFinite, notFinite) });
  emit(turn, { kind: 'accepted', session: member.session, what: 'mismatched', number: microbatch });
  noteProgress(turn, member, 'mismatched');
}

export function takeLeaf(turn: Turn, member: Member, { leaf, z0, computeMs, notFinite }: Of<'leafReport'>): void {
  const work = turn.state.work!;
  const known = work.leaves[leaf];
  if (work.stage !== 'gradients' || z0 !== work.z0 || !known || known.holders.includes(member.session)) return;
  const leaves = ownList(turn, work.leaves);
  leaves[leaf] = { ...known, holders: [...known.holders, member.session] };
  updateWork(turn, { leaves, notFinite: joined(work.notFinite, notFinite) });
  emit(turn, { kind: 'accepted', session: member.session, what: 'leaf', number: leaf });
  noteProgress(turn, member, 'gradients');
  measureSpeed(turn, member.workerId, known.cost, computeMs);
}

function joined(rows: readonly number[], more: readonly number[]): readonly number[] {
  return more.length === 0 ? rows : [...rows, ...more];
}

/** Goes as far as what has been reported allows. */
export function advanceStep(turn: Turn): void {
  const { work } = turn.state;
  if (work?.stage === 'mismatched' || work?.stage === 'gradients' || work?.stage === 'referencePoint') {
    distribute(turn);
    sendPlans(turn);
  }
  if (work?.stage === 'mismatched') finishMismatched(turn);
  if (work?.stage === 'gradients') finishGradients(turn);
}

function finishMismatched(turn: Turn): void {
  const { mismatched, notFinite, step, attempt, sinceGeneration } = turn.state.work!;
  if (mismatched.some(({ isDone }) => !isDone)) return;
  if (notFinite.length > 0) {
    setRowsAside(turn, notFinite);
    return;
  }
  updateWork(turn, { stage: 'referencePoint' });
  emit(turn, { kind: 'referencePoint', generation: sinceGeneration, step, attempt });
}

/** The reduction waits for everybody's parameters too: what goes into a commit was computed with agreed ones. */
function finishGradients(turn: Turn): void {
  const { state } = turn;
  const { leaves, audit, notFinite } = state.work!;
  if (leaves.some(({ holders }) => holders.length === 0) || audit) return;
  const { step } = state.committed;
  if (agreedDigest(state, step) === undefined) return;
  if (activeMembers(state).some(({ appliedStep }) => appliedStep !== step)) return;
  if (notFinite.length > 0) setRowsAside(turn, notFinite);
  else orderReduction(turn);
}

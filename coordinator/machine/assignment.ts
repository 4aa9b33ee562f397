/**
 * Who computes what. A step's work is first shared out whole, in contiguous ranges by measured speed; later only what
 * nobody has any more moves, so that nobody drops what it is computing.
 */
import { assignLeaves } from '../../core/microbatches.js';
import type { LeafWork, MicrobatchWork, StepWork } from './step-work.js';
import { activeMembers, ownTable, send, type Turn, update, updateMember, updateWork } from './turn.js';
import type { Member, State } from './types.js';

/**
 * How much of its distance to the others' mean a worker without work makes up each step. One that was slow in its first
 * step, as a process that has just started is, would otherwise never be given work, and never measured, again.
 */
const FORGIVENESS = 0.1;

/** Weight of the newest measurement: a worker that becomes slow is given less within a few leaves. */
const SPEED_WEIGHT = 0.3;

/** @param cost in the unit of `planned`. @param computeMs 0 for a result that was there already: says nothing. */
export function measureSpeed(turn: Turn, workerId: string, cost: number, computeMs: number): void {
  if (computeMs <= 0 || cost <= 0) return;
  const measured = cost / computeMs;
  const before = turn.state.speeds[workerId] ?? measured;
  const speed = before + SPEED_WEIGHT * (measured - before);
  if (speed === turn.state.speeds[workerId]) return;
  const speeds = ownTable(turn, turn.state.speeds);
  speeds[workerId] = speed;
  update(turn, { speeds });
}

/** Cost per ms of each worker; one not measured yet counts as the mean of the others. */
export function speedsOf(state: State, members: readonly Member[]): number[] {
  const known = members.map(({ workerId }) => state.speeds[workerId]).filter((speed) => speed !== undefined);
  const mean = known.length === 0 ? 1 : known.reduce((sum, speed) => sum + speed, 0) / known.length;
  return members.map(({ workerId }) => state.speeds[workerId] ?? mean);
}

/** Gives every piece of work that has no owner to an active worker: first to those that hold its result. */
export function distribute(turn: Turn): void {
  const { state } = turn;
  const { work } = state;
  if (!work || !hasUnowned(work)) return;
  const members = activeMembers(state);
  if (members.length === 0) return;
  const speeds = speedsOf(state, members);
  const sessions = members.map(({ session }) => session);
  const mismatched = shareOut(work.mismatched, ({ isDone }) => isDone, sessions, speeds);
  const held = work.leaves.map((leaf, number) => takenByHolder(leaf, number, members, work));
  const leaves = shareOut(held, ({ holders }) => holders.length > 0, sessions, speeds);
  const changed = new Set<number>();
  for (const [before, after] of [
    [work.mismatched, mismatched],
    [work.leaves, leaves],
  ] as const) {
    for (const [i, { owner }] of after.entries()) {
      if (owner !== before[i]!.owner) changed.add(owner).add(before[i]!.owner);
    }
  }
  if (changed.size === 0) return;
  if (work.leaves.every(({ owner }) => owner === 0)) forgiveIdle(turn, members, leaves);
  updateWork(turn, { mismatched, leaves, planned: work.planned.filter((session) => !changed.has(session)) });
}

/** This is asked after every report: nothing to give out must cost little. */
function hasUnowned({ mismatched, leaves }: StepWork): boolean {
  return (
    mismatched.some(({ owner, isDone }) => owner === 0 && !isDone) ||
    leaves.some(({ owner, holders }) => owner === 0 && holders.length === 0)
  );
}

/** After a whole step was shared out. */
function forgiveIdle(turn: Turn, members: readonly Member[], leaves: readonly LeafWork[]): void {
  const speeds = speedsOf(turn.state, members);
  const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
  const forgiven = members.flatMap(({ session, workerId }, rank) => {
    const speed = speeds[rank]!;
    const isIdle = leaves.every(({ owner }) => owner !== session);
    return isIdle && speed < mean ? [[workerId, speed + FORGIVENESS * (mean - speed)] as const] : [];
  });
  if (forgiven.length > 0) update(turn, { speeds: { ...turn.state.speeds, ...Object.fromEntries(forgiven) } });
}

/** A worker that says it has a leaf of this plan gets it, and reports it at once. */
function takenByHolder(
  leaf: LeafWork,
  number: number,
  members: readonly Member[],
  { step, attempt }: { step: number; attempt: number },
): LeafWork {
  if (leaf.holders.length > 0) return leaf;
  const holder = members.find(
    ({ held }) => held?.leaves?.step === step && held.leaves.attempt === attempt && held.leaves.leaves.includes(number),
  );
  return holder ? { ...leaf, owner: holder.session } : leaf;
}

function shareOut<Work extends MicrobatchWork | LeafWork>(
  all: readonly Work[],
  isDone: (work: Work) => boolean,
  sessions: readonly number[],
  speeds: readonly number[],
): Work[] {
  const open = all.flatMap((work, number) => (work.owner === 0 && !isDone(work) ? [number] : []));
  if (open.length === 0) return [...all];
  const ranges = assignLeaves(
    open.map((number) => all[number]!.cost),
    speeds,
  );
  const shared = [...all];
  for (const [rank, { start, end }] of ranges.entries()) {
    for (const number of open.slice(start, end)) shared[number] = { ...shared[number]!, owner: sessions[rank]! };
  }
  return shared;
}

/**
 * Sends their part to all active workers that do not know it yet. Who has not applied the committed step was told to: a
 * plan behind the commit waits there until it is done, and saves a round.
 */
export function sendPlans(turn: Turn): void {
  const { work } = turn.state;
  const members = activeMembers(turn.state);
  if (!work || work.planned.length === members.length) return;
  const planned = new Set(work.planned);
  const unplanned = members.filter(({ session }) => !planned.has(session));
  const pairsOf = openByOwner(work.mismatched, ({ isDone }) => !isDone);
  const leavesOf = openByOwner(work.leaves, ({ owner, holders }) => !holders.includes(owner));
  for (const { session } of unplanned) {
    sendPlan(turn, work, session, { mismatched: pairsOf(session), matched: leavesOf(session) });
  }
  updateWork(turn, { planned: [...work.planned, ...unplanned.map(({ session }) => session)] });
}

/** Numbers of what each worker owns and has to do: the step's work is looked through once for all of them. */
function openByOwner<Work extends MicrobatchWork | LeafWork>(
  all: readonly Work[],
  isOpen: (work: Work) => boolean,
): (session: number) => readonly number[] {
  const numbers = new Map<number, number[]>();
  for (const [number, work] of all.entries()) {
    if (!isOpen(work)) continue;
    const owned = numbers.get(work.owner);
    if (owned) owned.push(number);
    else numbers.set(work.owner, [number]);
  }
  return (session) => numbers.get(session) ?? [];
}

interface Part {
  readonly mismatched: readonly number[];
  readonly matched: readonly number[];
}

function sendPlan(turn: Turn, work: StepWork, session: number, { mismatched, matched }: Part): void {
  const { generation } = turn.state;
  const { step, attempt, leaves, audit, z0 } = work;
  const isAudited = audit?.sessions.includes(session) && !audit.digests.some((digest) => digest.session === session);
  const audited = audit && isAudited ? [audit.leaf] : [];
  const compared = audited.filter((leaf) => !matched.includes(leaf));
  send(turn, session, {
    kind: 'stepPlan',
    generation,
    step,
    attempt,
    mismatched,
    matched: compared.length === 0 ? matched : [...matched, ...compared].sort((a, b) => a - b),
    audited,
    discarded: audit && isAudited && audit.before.length > 0 ? audited : [],
    leafCount: leaves.length,
  });
  if (z0 !== undefined) send(turn, session, { kind: 'referencePoint', generation, step, attempt, z0 });
  updateMember(turn, session, { progressAtMs: turn.atMs });
}

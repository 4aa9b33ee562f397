/**
 * What each worker owes, and until when. Three signs tell that a worker is lost although its stream stands: it is silent
 * (its main thread always beats), it is late (no progress for four times what is usual), or it says that it has nothing
 * to do although it has (a message went astray).
 */
import { penalize } from './penalties.js';
import { disconnect } from './sessions.js';
import type { Duty, StepWork } from './step-work.js';
import { activeMembers, alarm, newGeneration, type Turn, update, updateMember, updateWork } from './turn.js';
import type { Member, State } from './types.js';

const DEADLINE_FACTOR = 4;
const PERCENTILE = 0.99;
/** Steps that the usual time is taken from. */
const GAPS_KEPT = 100;
/** Idle for so many silences although something is owed. A message takes far less to arrive. */
const IDLE_FACTOR = 2;

/** A report came that was owed. */
export function noteProgress(turn: Turn, { session, progressAtMs }: Member, duty: Duty): void {
  updateMember(turn, session, { progressAtMs: turn.atMs });
  const { work } = turn.state;
  if (!work) return;
  const gap = turn.atMs - progressAtMs;
  if (gap > (work.longestGaps[duty] ?? -1)) updateWork(turn, { longestGaps: { ...work.longestGaps, [duty]: gap } });
}

/** After a commit: what was usual in this step. */
export function keepGaps(turn: Turn): void {
  const gaps = { ...turn.state.gaps };
  for (const [duty, gap] of Object.entries(turn.state.work?.longestGaps ?? {}) as [Duty, number][]) {
    gaps[duty] = [...(gaps[duty] ?? []), gap].slice(-GAPS_KEPT);
  }
  update(turn, { gaps });
}

/** For all members at once: the step's work is looked through a single time. */
function dutiesOf({ work, committed, members }: State): (member: Member) => Duty | undefined {
  const owing = work ? owingSessions(work, members) : undefined;
  return ({ status, appliedStep, session }) => {
    if (status !== 'active') return undefined;
    if (appliedStep < committed.step) return 'applying';
    return owing?.sessions.has(session) ? owing.duty : undefined;
  };
}

function owingSessions({ stage, mismatched, leaves, audit, reduced }: StepWork, members: readonly Member[]) {
  switch (stage) {
    case 'mismatched': {
      const open = mismatched.filter(({ isDone }) => !isDone);
      return { duty: stage, sessions: new Set(open.map(({ owner }) => owner)) };
    }
    case 'gradients': {
      const open = leaves.filter(({ owner, holders }) => !holders.includes(owner));
      const sessions = new Set(open.map(({ owner }) => owner));
      const hasReported = (session: number) => audit?.digests.some((digest) => digest.session === session);
      for (const session of audit?.sessions ?? []) if (!hasReported(session)) sessions.add(session);
      return { duty: stage, sessions };
    }
    case 'reducing': {
      const sessions = new Set(members.map(({ session }) => session));
      for (const { session } of reduced) sessions.delete(session);
      return { duty: stage, sessions };
    }
    default:
      return undefined;
  }
}

/** Whoever is silent, late or astray is lost; see above. */
export function dropTheLost(turn: Turn): void {
  for (const member of turn.state.members) {
    const { silenceAtMs, idleAtMs } = deadlinesOf(turn.state)(member);
    if (turn.atMs >= silenceAtMs) disconnect(turn, member, `no heartbeat for ${turn.state.settings.silenceMs} ms`);
    else if (turn.atMs >= idleAtMs) disconnect(turn, member, 'it is idle although it has work: a message was lost');
  }
  const deadlines = deadlinesOf(turn.state);
  const late = activeMembers(turn.state).filter((member) => turn.atMs >= deadlines(member).lateAtMs);
  if (late.length === 0) return;
  if (turn.state.work?.stage === 'reducing' && turn.state.work.reduceRetries === 0) retryReduction(turn);
  else for (const member of late) dropLate(turn, member);
}

/** It may be as stuck when it comes back: the others do not wait for it again at once. */
function dropLate(turn: Turn, member: Member): void {
  const duty = dutiesOf(turn.state)(member);
  penalize(turn, member.workerId);
  disconnect(turn, member, `no progress in phase ${duty}`);
}

/** In a reduction all wait for each other: who is to blame shows when it is tried again. */
export function retryReduction(turn: Turn): void {
  alarm(turn, `the reduction of step ${turn.state.work?.step} does not end; it begins again`);
  updateWork(turn, { reduceRetries: turn.state.work!.reduceRetries + 1 });
  newGeneration(turn);
}

export interface Deadlines {
  readonly silenceAtMs: number;
  readonly lateAtMs: number;
  readonly idleAtMs: number;
}

/** Of each member; infinite where it owes nothing. */
export function deadlinesOf(state: State): (member: Member) => Deadlines {
  const dutyOf = dutiesOf(state);
  const usualGaps = new Map<Duty, number | undefined>();
  return (member) => {
    const duty = dutyOf(member);
    if (duty && !usualGaps.has(duty)) usualGaps.set(duty, percentile(state.gaps[duty] ?? []));
    return memberDeadlines(state, member, duty, duty && usualGaps.get(duty));
  };
}

/** @param usual ms that this duty takes at most as a rule; undefined while nobody knows. */
function memberDeadlines(state: State, member: Member, duty: Duty | undefined, usual: number | undefined): Deadlines {
  const { silenceMs, phaseFloorMs } = state.settings;
  const isBehind = member.status === 'following' && member.appliedStep < state.committed.step;
  const owes = duty !== undefined || isBehind || member.status === 'healing' || member.status === 'loading';
  const idleSinceMs = owes ? member.idleSinceMs : undefined;
  const never = Number.POSITIVE_INFINITY;
  return {
    silenceAtMs: member.heardAtMs + silenceMs,
    lateAtMs:
      usual === undefined ? never : member.progressAtMs + Math.max(phaseFloorMs, Math.ceil(DEADLINE_FACTOR * usual)),
    idleAtMs: idleSinceMs === undefined ? never : Math.max(idleSinceMs, member.progressAtMs) + IDLE_FACTOR * silenceMs,
  };
}

function percentile(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.ceil(PERCENTILE * values.length) - 1];
}

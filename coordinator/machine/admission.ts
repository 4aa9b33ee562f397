/** Who is let into the step, and whether there are enough to go on. */
import { endRun } from './ending.js';
import { beginRestore } from './expel.js';
import { joiners } from './healing.js';
import { activeMembers, emit, newGeneration, type Turn, update, updateMember, updateWork } from './turn.js';
import type { Member, Settings, State } from './types.js';

export function letIn(turn: Turn): void {
  const welcome = joiners(turn);
  if (welcome.length === 0 || isTooFew(turn.state, welcome.length)) return;
  for (const { session } of welcome) updateMember(turn, session, { status: 'active', progressAtMs: turn.atMs });
  newGeneration(turn);
  takeOverHeld(turn, new Set(welcome.map(({ session }) => session)));
}

/** Before there are enough nothing is computed: letting in one after the other would be news for all, each time. */
function isTooFew(state: State, welcome: number): boolean {
  return state.phase.name === 'waiting' && activeMembers(state).length + welcome < state.settings.workers.min;
}

/** Leaves that a newcomer holds are taken from who was to compute them. */
function takeOverHeld(turn: Turn, newcomers: ReadonlySet<number>): void {
  const { work, members } = turn.state;
  if (!work) return;
  const held = members.filter(({ session, held }) => newcomers.has(session) && held?.leaves?.step === work.step);
  const isHeld = (leaf: number) =>
    held.some(({ held }) => held?.leaves?.attempt === work.attempt && held.leaves.leaves.includes(leaf));
  if (!work.leaves.some(({ holders }, leaf) => holders.length === 0 && isHeld(leaf))) return;
  const losers = new Set<number>();
  const leaves = work.leaves.map((leaf, number) => {
    if (leaf.holders.length > 0 || !isHeld(number) || newcomers.has(leaf.owner)) return leaf;
    losers.add(leaf.owner);
    return { ...leaf, owner: 0 };
  });
  updateWork(turn, { leaves, planned: work.planned.filter((session) => !losers.has(session)) });
}

/** Below the minimum nothing is computed until enough are back, or the wait is over. */
export function keepMinimum(turn: Turn): void {
  const { phase, settings } = turn.state;
  const { min, waitMs } = settings.workers;
  const workers = activeMembers(turn.state).length;
  if (phase.name === 'training' && workers < min) {
    update(turn, { phase: { name: 'waiting', sinceMs: turn.atMs, isPause: true } });
    emit(turn, { kind: 'paused', workers, min, deadlineMs: turn.atMs + waitMs });
  } else if (phase.name === 'waiting') wait(turn, phase, workers);
}

type Waiting = Extract<State['phase'], { name: 'waiting' }>;

function wait(turn: Turn, phase: Waiting, workers: number): void {
  const { min, waitMs } = turn.state.settings.workers;
  if (workers >= min && !areOthersWaitedFor(turn, phase, workers)) {
    update(turn, { phase: { name: 'training' } });
    emit(turn, { kind: 'resumed', workers });
  } else if (turn.atMs >= phase.sinceMs + waitMs && !turn.state.commands.isHeld) {
    const message = `${workers} of at least ${min} workers were there after ${waitMs / 1000} s (workers.waitSeconds). `;
    const remedy = 'Look at the logs and machines of those that are gone (memory is the usual reason), then resume.';
    endRun(turn, { kind: 'failed', code: 'WORKER_LOST', message: message + remedy });
  } else if (needsSnapshot(turn.state) && !mayStateComeBack(turn, phase)) beginRestore(turn);
}

/** Who comes in the middle of a step has no part in it: for a moment it is better to wait. */
function areOthersWaitedFor({ state, atMs }: Turn, { sinceMs, isPause }: Waiting, workers: number): boolean {
  if (atMs >= settledAtMs(state.settings, sinceMs)) return false;
  return isPause ? state.members.some(isOnTheWay) : workers < expectedWorkers(state.settings);
}

/** A coordinator that starts: workers of the one before may connect yet. In a pause they were seen to go. */
function mayStateComeBack({ state, atMs }: Turn, { sinceMs, isPause }: Waiting): boolean {
  const { settings, members } = state;
  if (isPause || atMs >= sinceMs + settings.graceMs) return false;
  const known = members.filter(({ status }) => status !== 'loading').length;
  return known < expectedWorkers(settings) || atMs < settledAtMs(settings, sinceMs);
}

function expectedWorkers({ workers: { max, expected = max } }: Settings): number {
  return Math.min(expected, max);
}

/** When others are not waited for any more. */
export function settledAtMs({ settleMs }: Settings, sinceMs: number): number {
  return sinceMs + settleMs;
}

/** Enough workers are there, and none of them has the committed state or is on its way to it. */
function needsSnapshot({ members, settings, work }: State): boolean {
  if (work?.stage === 'journaling') return false;
  if (members.some((member) => member.status === 'active' || isOnTheWay(member))) return false;
  return members.filter(({ status }) => status === 'ready').length >= settings.workers.min;
}

function isOnTheWay({ status }: Member): boolean {
  return status === 'following' || status === 'healing';
}

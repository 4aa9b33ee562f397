/** How a run ends: with a last snapshot where there is something to keep. */
import { requestSnapshot } from './snapshots.js';
import { activeMembers, emit, send, type Turn, update } from './turn.js';
import type { Outcome } from './types.js';

/** The last snapshot may take so long; what was written before stays good. */
const LAST_SNAPSHOT_MS = 120_000;

/** Gives up the step at work. Bits that nobody can vouch for are not saved. */
export function endRun(turn: Turn, outcome: Outcome): void {
  const isWorthless = outcome.kind === 'failed' && outcome.code === 'WORKER_MISMATCH';
  if (isWorthless) end(turn, outcome);
  else update(turn, { work: undefined, phase: { name: 'stopping', outcome, sinceMs: turn.atMs } });
}

export function end(turn: Turn, outcome: Outcome): void {
  const isOver = outcome.kind !== 'stopped' || !outcome.workersWait;
  if (isOver) dismissAll(turn, reasonOf(outcome));
  update(turn, { work: undefined, phase: { name: 'ended', outcome } });
  emit(turn, { kind: 'ended', outcome });
}

function dismissAll(turn: Turn, reason: string): void {
  for (const { session } of turn.state.members) send(turn, session, { kind: 'finish', reason });
}

/** Ends once the last committed step is in a snapshot, or cannot be. */
export function finishStopping(turn: Turn): void {
  const { phase, committed, snapshots } = turn.state;
  if (phase.name !== 'stopping') return;
  const isLate = turn.atMs >= phase.sinceMs + LAST_SNAPSHOT_MS;
  if (!isLate) {
    if (snapshots.writing !== undefined) return;
    // Active workers are still applying the step, or agreeing on what they have.
    const isDue = snapshots.step !== committed.step && snapshots.tried !== committed.step;
    if (isDue && (requestSnapshot(turn) || activeMembers(turn.state).length > 0)) return;
  }
  end(turn, phase.outcome);
}

export function stoppingDeadlineMs(sinceMs: number): number {
  return sinceMs + LAST_SNAPSHOT_MS;
}

function reasonOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'finished':
      return 'training is complete';
    case 'stopped':
      return outcome.reason;
    case 'failed':
      return outcome.message;
  }
}

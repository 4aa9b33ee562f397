/** When a snapshot is taken: by steps, by time, on demand, and at the end. Training goes on meanwhile. */
import type { DriverEvent } from './events.js';
import { agreedDigest, alarm, emit, type Turn, update, upToDate } from './turn.js';

export function takeDueSnapshot(turn: Turn): void {
  const { phase, snapshots, committed, settings } = turn.state;
  const { everySteps, everyMs } = settings.snapshots;
  if (phase.name !== 'training' && phase.name !== 'held') return;
  if (snapshots.writing !== undefined || snapshots.tried === committed.step) return;
  const isDueBySteps = everySteps !== undefined && committed.step - snapshots.step >= everySteps;
  const isDueByTime = everyMs !== undefined && turn.atMs - snapshots.atMs >= everyMs;
  if (isDueBySteps || isDueByTime || snapshots.isWanted) requestSnapshot(turn);
}

/** @returns whether there is somebody to pull it from. */
export function requestSnapshot(turn: Turn): boolean {
  const { committed, snapshots } = turn.state;
  const { step } = committed;
  const sessions = upToDate(turn.state).map(({ session }) => session);
  if (sessions.length === 0 || agreedDigest(turn.state, step) === undefined) return false;
  update(turn, { snapshots: { ...snapshots, writing: step, tried: step, isWanted: false } });
  emit(turn, { kind: 'snapshot', step, sessions });
  return true;
}

export function takeSnapshotWritten(turn: Turn, { step }: Extract<DriverEvent, { kind: 'snapshotWritten' }>): void {
  const { snapshots } = turn.state;
  if (snapshots.writing === undefined) return;
  update(turn, { snapshots: { ...snapshots, step, atMs: turn.atMs, writing: undefined } });
  emit(turn, { kind: 'journal', record: { kind: 'snapshot', step } });
}

/** The next one is tried after the next step. */
export function takeSnapshotFailed(turn: Turn, { reason }: Extract<DriverEvent, { kind: 'snapshotFailed' }>): void {
  const { snapshots } = turn.state;
  if (snapshots.writing === undefined) return;
  update(turn, { snapshots: { ...snapshots, writing: undefined, isWanted: true } });
  alarm(turn, `no snapshot of step ${snapshots.writing}: ${reason}`);
}

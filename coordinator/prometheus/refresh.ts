/** Metrics that are read when somebody asks: what the state machine is at, what waits, how full the disk is. */
import { statfs } from 'node:fs/promises';
import { RUN_PHASES, WORKER_STATES } from '../../core/metrics/coordinator-metrics.js';
import { speedsOf } from '../machine/assignment.js';
import { activeMembers } from '../machine/turn.js';
import type { Member, State } from '../machine/types.js';
import type { RunMetrics } from './run-metrics.js';

/** @param state undefined before the run is open. */
export function showPhase(state: State | undefined, metrics: RunMetrics): void {
  const now = state?.phase.name ?? 'preparing';
  for (const phase of RUN_PHASES) metrics.runPhase.set({ phase }, phase === now ? 1 : 0);
}

/** @param toldMs Unix time of the last step or evaluation. @param unixMs of a moment on the machine's clock. */
export function showState(state: State, metrics: RunMetrics, toldMs: number, unixMs: (atMs: number) => number): void {
  const { settings, generation, committed, setAside, snapshots } = state;
  metrics.generation.set(generation);
  metrics.committedStep.set(committed.step);
  metrics.setAside.set(setAside.length);
  metrics.workersMinimum.set(settings.workers.min);
  metrics.snapshotStep.set(snapshots.step);
  metrics.lastProgress.set(Math.max(toldMs, ...betweenSteps(state).map(unixMs)) / 1000);
  for (const worker of WORKER_STATES) metrics.workers.set({ state: worker }, countOf(state.members, worker));
  showSpeeds(state, metrics);
  const { mismatched = [], leaves = [] } = state.work ?? {};
  metrics.waitingMicrobatches.set({ kind: 'mismatched' }, mismatched.filter(({ isDone }) => !isDone).length);
  metrics.waitingMicrobatches.set({ kind: 'leaf' }, leaves.filter(({ holders }) => holders.length === 0).length);
}

export async function showDisk(folder: string, metrics: RunMetrics): Promise<void> {
  // A disk that does not answer shows in what can't be written to it.
  const disk = await statfs(folder).catch(() => undefined);
  if (!disk) return;
  metrics.diskFree.set(disk.bavail * disk.bsize);
  metrics.diskSize.set(disk.blocks * disk.bsize);
}

/** While nothing is planned, workers evaluate or score the reference, which may take long and commits no step. */
function betweenSteps({ work, members }: State): number[] {
  const isStep = work !== undefined && work.stage !== 'planning';
  return isStep ? [] : members.filter(({ status }) => status === 'active').map(({ progressAtMs }) => progressAtMs);
}

function countOf(members: readonly Member[], state: (typeof WORKER_STATES)[number]): number {
  const stateOf = ({ isLeaving, status }: Member) => (isLeaving ? 'leaving' : status);
  return members.filter((member) => stateOf(member) === state).length;
}

/** Who takes part no more is shown no more. */
function showSpeeds(state: State, metrics: RunMetrics): void {
  metrics.workerSpeed.reset();
  const active = activeMembers(state);
  const speeds = speedsOf(state, active);
  const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
  for (const [rank, { workerId }] of active.entries())
    metrics.workerSpeed.set({ worker: workerId }, speeds[rank]! / mean);
}

/** How a run stands, for whoever may know: read off the machine's state. */
import type { LearningRateChange } from '../machine/command.js';
import type { State } from '../machine/types.js';

export interface RunStatus {
  readonly runId: string;
  readonly state: RunState;
  /** The last committed step; 0 before the first. */
  readonly step: number;
  readonly totalSteps: number;
  /** undefined between two steps. */
  readonly stepAtWork: number | undefined;
  /** Of the last committed step. */
  readonly learningRate: number | undefined;
  /** Peaks set by command, in the order of their first steps. */
  readonly learningRates: readonly LearningRateChange[];
  readonly workers: { readonly min: number; readonly max: number };
  readonly members: readonly { readonly workerId: string; readonly status: string }[];
  /** 0 when there is none. */
  readonly snapshotStep: number;
  /** Step of the snapshot that is being written. */
  readonly snapshotAtWork: number | undefined;
  /** Rows left out because their numbers are not finite. */
  readonly setAside: number;
}

/** waiting: for workers. pausing: the step at work is made first. */
export type RunState = 'waiting' | 'restoring' | 'training' | 'pausing' | 'paused' | 'saving' | 'stopping' | 'ended';

export interface StatusFacts {
  readonly runId: string;
  state(): State;
}

export function statusOf({ runId, state }: StatusFacts): RunStatus {
  const { settings, committed, work, learningRates, members, snapshots, setAside, ...rest } = state();
  const { min, max } = settings.workers;
  return {
    runId,
    state: stateOf(rest),
    step: committed.step,
    totalSteps: settings.totalSteps,
    stepAtWork: work?.step,
    learningRate: committed.record?.learningRate,
    learningRates,
    workers: { min, max },
    members: members.map(({ workerId, status }) => ({ workerId, status })),
    snapshotStep: snapshots.step,
    snapshotAtWork: snapshots.writing,
    setAside: setAside.length,
  };
}

function stateOf({ phase, commands }: Pick<State, 'phase' | 'commands'>): RunState {
  if (phase.name === 'held') return 'paused';
  if (phase.name === 'training' && commands.isHeld) return 'pausing';
  return phase.name;
}

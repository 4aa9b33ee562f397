/** How a run stands, for whoever may know: read off the machine's state. */
import type { RunStatus } from '../../core/control/run-status.js';
import { knownSteps } from '../calendar.js';
import type { State } from '../machine/types.js';

export interface StatusFacts {
  readonly runId: string;
  state(): State;
  /** What the next step waits for, where rows come live. */
  rowsAwaited(): string | undefined;
}

export function statusOf({ runId, state, rowsAwaited }: StatusFacts): RunStatus {
  const { settings, committed, work, learningRates, members, snapshots, setAside, ...rest } = state();
  const { min, max } = settings.workers;
  return {
    runId,
    state: stateOf(rest),
    step: committed.step,
    totalSteps: knownSteps(settings.totalSteps) ?? 0,
    stepAtWork: work && !work.awaitsRows ? work.step : undefined,
    learningRate: committed.record?.learningRate,
    learningRates: [...learningRates],
    workers: { min, max },
    members: members.map(({ workerId, status }) => ({ workerId, status })),
    snapshotStep: snapshots.step,
    snapshotAtWork: snapshots.writing,
    setAside: setAside.length,
    rowsAwaited: rowsAwaited(),
  };
}

/** As a person says it. */
export function stateOf({ phase, commands }: Pick<State, 'phase' | 'commands'>): RunStatus['state'] {
  if (phase.name === 'held') return 'paused';
  if (phase.name === 'training' && commands.isHeld) return 'pausing';
  return phase.name;
}

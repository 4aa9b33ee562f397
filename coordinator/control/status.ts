/** How a run stands, for whoever may know: read off the machine's state. */
import type { RunStatus } from '../../core/control/run-status.js';
import type { State } from '../machine/types.js';

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
    learningRates: [...learningRates],
    workers: { min, max },
    members: members.map(({ workerId, status }) => ({ workerId, status })),
    snapshotStep: snapshots.step,
    snapshotAtWork: snapshots.writing,
    setAside: setAside.length,
  };
}

function stateOf({ phase, commands }: Pick<State, 'phase' | 'commands'>): RunStatus['state'] {
  if (phase.name === 'held') return 'paused';
  if (phase.name === 'training' && commands.isHeld) return 'pausing';
  return phase.name;
}

/** What a command will lead to, and when; or why it is refused. Read off the state alone, so that it holds. */
import type { Answer, Command, ResolvedCommand } from './command.js';
import { firstChangeable } from './learning-rates.js';
import { activeMembers, isBetweenSteps } from './turn.js';
import type { State } from './types.js';

/** As in the configuration: workers.max. */
const MOST_WORKERS = 64;

type Of<Name> = Extract<Command, { command: Name }>;
type Answerers = { readonly [Name in Command['command']]: (state: State, command: Of<Name>) => Answer };

const ANSWERERS: Answerers = {
  pause: (state, command) => {
    if (state.phase.name === 'held') return asItIs(`the run is paused, after step ${state.committed.step}`, state);
    const step = lastStepAtHand(state);
    if (state.commands.isHeld) return asItIs(`the run pauses after step ${step} already`, state);
    return done(`pauses after step ${step}${isBetweenSteps(state) ? ', now' : ''}`, step, command);
  },
  resume: (state, command) => {
    const next = state.committed.step + 1;
    if (!state.commands.isHeld) return asItIs('the run is not paused', state);
    if (state.phase.name !== 'held') return done('does not pause: the run goes on', next, command);
    return done(next > state.settings.totalSteps ? 'saves the result' : `goes on with step ${next}`, next, command);
  },
  snapshot: answerSnapshot,
  evaluate: (state, command) => {
    const step = lastStepAtHand(state);
    const when = state.phase.name === 'held' || state.work?.awaitsRows ? ', now' : '';
    return done(`evaluates the held-out rows after step ${step}${when}`, step, command);
  },
  stop: answerStop,
  workers: answerWorkers,
  learningRate: answerLearningRate,
};

export function answerTo(state: State, command: Command): Answer {
  const { phase, settings } = state;
  if (phase.name === 'stopping' || phase.name === 'ended') return refused('the run is ending');
  if (phase.name === 'saving' && command.command !== 'stop') {
    return refused(`all ${settings.totalSteps} steps are made, and the result is being saved`);
  }
  return (ANSWERERS[command.command] as (state: State, command: Command) => Answer)(state, command);
}

/** The step at work, else the last committed one. One that waits for its rows is not at work yet. */
function lastStepAtHand({ work, committed }: State): number {
  return work && !work.awaitsRows ? work.step : committed.step;
}

function answerSnapshot(state: State, command: Of<'snapshot'>): Answer {
  const { committed, snapshots, phase } = state;
  const { step } = committed;
  const isOpen = phase.name === 'training' || phase.name === 'held';
  const isThere = step > 0 && (snapshots.step === step || snapshots.writing === step);
  if (isThere && phase.name === 'held') return asItIs(`there is a snapshot of step ${step}`, state);
  if (isOpen && step > 0 && !isThere) return done(`writes a snapshot of step ${step}, now`, step, command);
  return done(`writes a snapshot after step ${step + 1}`, step + 1, command);
}

function answerStop({ committed, work }: State, command: Of<'stop'>): Answer {
  const isDecided = work?.stage === 'journaling';
  const step = isDecided ? work.step : committed.step;
  const lost = work && !isDecided && !work.awaitsRows ? `; step ${work.step} is given up` : '';
  const last = command.snapshot ? `with a snapshot of step ${step}` : 'without a snapshot';
  return done(`stops ${isDecided ? `after step ${step}` : 'now'}, ${last}${lost}`, step, command);
}

function answerWorkers(state: State, command: Of<'workers'>): Answer {
  const { min, max } = { ...state.settings.workers, ...given(command) };
  const isCount = (count: number) => Number.isInteger(count) && count >= 1 && count <= MOST_WORKERS;
  if (!isCount(min) || !isCount(max)) {
    return refused(`minimum and maximum of workers are whole numbers from 1 to ${MOST_WORKERS}, not ${min} and ${max}`);
  }
  if (min > max) return refused(`a minimum of ${min} workers is more than the maximum of ${max}; give both`);
  const active = activeMembers(state).length;
  const step = lastStepAtHand(state);
  const tooMany = active > max ? `; ${active - max} of ${active} step back after step ${step}` : '';
  const tooFew = active < min ? `; waits for workers: ${active} are there` : '';
  return done(`trains with ${min} to ${max} workers from now on${tooMany}${tooFew}`, step, {
    command: 'workers',
    min,
    max,
  });
}

function answerLearningRate(state: State, { learningRate, fromStep }: Of<'learningRate'>): Answer {
  const first = firstChangeable(state);
  const { totalSteps } = state.settings;
  const from = fromStep ?? first;
  if (!Number.isFinite(learningRate) || learningRate <= 0) {
    return refused(`a learning rate is a number above 0, not ${learningRate}`);
  }
  if (first > totalSteps) return refused(`step ${totalSteps}, the last one, is at work or made`);
  if (!Number.isInteger(from) || from < first || from > totalSteps) {
    return refused(`the learning rate can be changed from step ${first} to ${totalSteps}, not from step ${from} on`);
  }
  const resolved = { command: 'learningRate', fromStep: from, learningRate } as const;
  return done(`the peak learning rate is ${learningRate} from step ${from} on`, from, resolved);
}

function given({ min, max }: Of<'workers'>): { min?: number; max?: number } {
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function done(says: string, step: number, obeys: ResolvedCommand): Answer {
  return { isDone: true, says, step, obeys };
}

function asItIs(says: string, { committed }: State): Answer {
  return { isDone: true, says: `${says}: nothing changes`, step: committed.step, obeys: undefined };
}

function refused(says: string): Answer {
  return { isDone: false, says };
}

/**
 * The coordinator's decisions as one pure function. An event is first noted as a fact (or ignored, when it is not of
 * here and now); then rules that look at the facts alone say what follows, until nothing more does. What arrives twice,
 * late or in another order is thereby harmless: it changes no fact.
 */
import { keepMinimum, letIn } from './admission.js';
import { decideAudit } from './audit.js';
import { obeyEvaluation, obeyMaximum, obeyPause, obeyStop } from './commands.js';
import { agreeOnParameters } from './commit.js';
import { noteFact } from './driver-facts.js';
import type { Effect } from './effects.js';
import { finishStopping } from './ending.js';
import type { Event } from './events.js';
import { orientReady } from './healing.js';
import { decideCommit } from './reduction.js';
import { letGo } from './sessions.js';
import { takeDueSnapshot } from './snapshots.js';
import { advanceStep, planStep } from './step.js';
import { activeMembers, agreedDigest, beginTurn, emit, type Turn, update } from './turn.js';
import type { State } from './types.js';
import { noteWorker } from './worker-facts.js';

export interface Transition {
  readonly state: State;
  /** To be done in order. */
  readonly effects: readonly Effect[];
}

/** @param events that come together, in order: what follows from all of them is looked for once. */
export function transition(state: State, ...events: readonly Event[]): Transition {
  const turn = beginTurn(state, events.at(-1)?.atMs ?? 0);
  for (const event of events) {
    if (turn.state.phase.name === 'ended') break;
    if ('session' in event) noteWorker(turn, event);
    else noteFact(turn, event);
  }
  if (turn.state.phase.name !== 'ended' && events.some(({ kind }) => kind !== 'heartbeat')) settle(turn);
  return { state: turn.state, effects: turn.effects };
}

const RULES: readonly ((turn: Turn) => void)[] = [
  obeyStop,
  letGo,
  orientReady,
  agreeOnParametersWhereKept,
  letIn,
  keepMinimum,
  obeyPause,
  obeyMaximum,
  obeyEvaluation,
  advance,
  decideAudit,
  decideCommit,
  takeDueSnapshot,
  finishStopping,
];

function settle(turn: Turn): void {
  for (let before: State | undefined; before !== turn.state; ) {
    before = turn.state;
    for (const rule of RULES) {
      rule(turn);
      if (turn.state.phase.name === 'ended') return;
    }
  }
}

function agreeOnParametersWhereKept(turn: Turn): void {
  if (turn.state.phase.name !== 'restoring') agreeOnParameters(turn);
}

function advance(turn: Turn): void {
  const { state } = turn;
  if (state.phase.name !== 'training') return;
  if (state.work) advanceStep(turn);
  else if (state.committed.step < state.settings.totalSteps) {
    if (activeMembers(state).length > 0) planStep(turn);
  } else finishTraining(turn);
}

/** The result is saved when all workers have shown that they have it. */
function finishTraining(turn: Turn): void {
  const { step } = turn.state.committed;
  const parameterDigest = agreedDigest(turn.state, step);
  const active = activeMembers(turn.state);
  if (parameterDigest === undefined || active.some(({ appliedStep }) => appliedStep !== step)) return;
  update(turn, { phase: { name: 'saving' } });
  emit(turn, { kind: 'finished', step, parameterDigest, sessions: active.map(({ session }) => session) });
}

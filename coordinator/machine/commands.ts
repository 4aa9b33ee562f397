/** What a person wants of a running run: noted, journaled and answered at once, obeyed when it is time. */
import { answerTo } from './answers.js';
import type { ResolvedCommand } from './command.js';
import { end, endRun } from './ending.js';
import type { CommandEvent } from './events.js';
import { withLearningRate } from './learning-rates.js';
import {
  activeMembers,
  agreedDigest,
  emit,
  isBetweenSteps,
  newGeneration,
  type Turn,
  update,
  updateMember,
} from './turn.js';
import type { Outcome } from './types.js';

export function takeCommand(turn: Turn, { id, command }: CommandEvent): void {
  const answer = answerTo(turn.state, command);
  if (answer.isDone && answer.obeys) {
    const { step } = turn.state.committed;
    emit(turn, { kind: 'journal', record: { kind: 'command', step, command: answer.obeys } });
    note(turn, answer.obeys);
  }
  emit(turn, { kind: 'answered', id, command, answer });
}

function note(turn: Turn, command: ResolvedCommand): void {
  const { commands, snapshots, settings, learningRates, phase, committed } = turn.state;
  switch (command.command) {
    case 'pause':
      update(turn, { commands: { ...commands, isHeld: true } });
      return;
    case 'resume':
      update(turn, { commands: { ...commands, isHeld: false } });
      // Nobody waited for workers meanwhile.
      if (phase.name === 'waiting') update(turn, { phase: { ...phase, sinceMs: turn.atMs } });
      return;
    case 'snapshot': {
      // One that failed is tried again at once.
      const tried = committed.step > 0 ? (snapshots.writing ?? snapshots.step) : snapshots.tried;
      update(turn, { snapshots: { ...snapshots, isWanted: true, tried } });
      return;
    }
    case 'evaluate':
      update(turn, { commands: { ...commands, evaluation: 'wanted' } });
      return;
    case 'stop':
      update(turn, { commands: { ...commands, stop: command } });
      return;
    case 'workers': {
      const { min, max } = command;
      update(turn, { settings: { ...settings, workers: { ...settings.workers, min, max } } });
      return;
    }
    case 'learningRate':
      update(turn, { learningRates: withLearningRate(learningRates, command) });
  }
}

/** Stops at once: the step at work is given up, unless it is being committed. */
export function obeyStop(turn: Turn): void {
  const { commands, phase, work } = turn.state;
  if (commands.stop === undefined || work?.stage === 'journaling') return;
  if (phase.name === 'stopping' || phase.name === 'ended') return;
  const { reason, snapshot, workersWait = false } = commands.stop;
  const outcome: Outcome = { kind: 'stopped', reason, workersWait };
  if (snapshot) endRun(turn, outcome);
  else end(turn, outcome);
}

/** Between two steps: pauses, and goes on. */
export function obeyPause(turn: Turn): void {
  const { commands, phase, committed } = turn.state;
  const { step } = committed;
  if (phase.name === 'training' && commands.isHeld && isBetweenSteps(turn.state)) {
    putBack(turn);
    update(turn, { phase: { name: 'held' } });
    emit(turn, { kind: 'held', step });
  }
  if (phase.name === 'held' && !commands.isHeld) {
    update(turn, { phase: { name: 'training' } });
    emit(turn, { kind: 'released', step, workers: activeMembers(turn.state).length });
  }
}

/** A step that waits for its rows is planned anew when it is time: what is answered to the plan before is void. */
function putBack(turn: Turn): void {
  if (!turn.state.work) return;
  update(turn, { work: undefined });
  newGeneration(turn);
}

/** Between two steps: those over the maximum stay up to date, as spare ones. The ranks of the others do not change. */
export function obeyMaximum(turn: Turn): void {
  const { phase, settings } = turn.state;
  if (!isBetweenSteps(turn.state) || (phase.name !== 'training' && phase.name !== 'held')) return;
  const tooMany = activeMembers(turn.state).slice(settings.workers.max);
  if (tooMany.length === 0) return;
  for (const { session } of tooMany) updateMember(turn, session, { status: 'following', progressAtMs: turn.atMs });
  newGeneration(turn);
}

/** In a pause nothing is planned that an evaluation could come before; a step that waits for its rows is planned anew. */
export function obeyEvaluation(turn: Turn): void {
  const { commands, phase, committed, generation, work } = turn.state;
  if (work?.awaitsRows && commands.evaluation === 'wanted') putBack(turn);
  if (phase.name !== 'held' || commands.evaluation !== 'wanted') return;
  if (agreedDigest(turn.state, committed.step) === undefined || activeMembers(turn.state).length === 0) return;
  update(turn, { commands: { ...commands, evaluation: 'running' } });
  emit(turn, { kind: 'evaluate', generation, step: committed.step });
}

/** Which step's does not matter: it was made after the command. */
export function takeEvaluated(turn: Turn): void {
  const { commands } = turn.state;
  update(turn, { commands: { ...commands, evaluation: 'none' } });
}

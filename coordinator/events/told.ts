/**
 * Which steps and evaluations the events have told already, seen from the log's end; and so which ones a coordinator
 * that starts again has to tell. Both only ever grow, and an evaluation comes between its step and the next one.
 */
import type { RunEvent } from '../../core/events/run-event.js';
import type { NewEvent } from './event-line.js';

export interface Told {
  /** Steps up to this one are told, or belong to what the run began after. */
  readonly step: number;
  /** Evaluations up to this step's are told, and all of earlier steps than `step`. */
  readonly evaluation: number;
}

export const NOTHING_TOLD: Told = { step: 0, evaluation: -1 };

/** @param events newest first; no more of them are asked for than are needed. */
export function toldBy(events: Iterable<RunEvent>): Told {
  let step: number | undefined;
  let evaluation: number | undefined;
  for (const event of events) {
    if (event.kind === 'evaluation') evaluation ??= event.step;
    // What an earlier coordinator left untold is told before the next one says that it has started.
    if (event.kind === 'runStarted') step ??= event.afterStep;
    if (event.kind === 'step' || (event.kind === 'runWentBack' && event.stepsAreOthers)) {
      step ??= event.step;
      break;
    }
  }
  return { step: step ?? NOTHING_TOLD.step, evaluation: evaluation ?? NOTHING_TOLD.evaluation };
}

/** What is told after one more event. */
export function toldAfter(told: Told, event: NewEvent): Told {
  if (event.kind === 'step') return { ...told, step: event.step };
  if (event.kind === 'evaluation') return { ...told, evaluation: event.step };
  if (event.kind === 'runWentBack' && event.stepsAreOthers) return { step: event.step, evaluation: event.step };
  return told;
}

export function isStepTold(told: Told, step: number): boolean {
  return step <= told.step;
}

export function isEvaluationTold(told: Told, step: number): boolean {
  return step < told.step || step <= told.evaluation;
}

import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../core/events/run-event.js';
import { isEvaluationTold, isStepTold, NOTHING_TOLD, type Told, toldAfter, toldBy } from './told.js';

const step = (step: number) => ({ kind: 'step', step, metrics: null }) as RunEvent;
const evaluation = (step: number) => ({ kind: 'evaluation', step }) as RunEvent;
const started = (afterStep: number) => ({ kind: 'runStarted', afterStep }) as RunEvent;
const wentBack = (step: number, stepsAreOthers: boolean) => ({ kind: 'runWentBack', step, stepsAreOthers }) as RunEvent;

/** Events oldest first, as they stand in the log. */
function told(...events: RunEvent[]): Told {
  return toldBy(events.reverse());
}

describe('what the end of a log says', () => {
  it('is nothing where there are no events', () => {
    expect(told()).toEqual(NOTHING_TOLD);
    expect(isStepTold(told(), 1)).toBe(false);
    expect(isEvaluationTold(told(), 0)).toBe(false);
  });

  it('is its last step, and the evaluation after it', () => {
    expect(told(step(8), step(9), evaluation(9), started(9))).toEqual({ step: 9, evaluation: 9 });
  });

  it('is that evaluations of earlier steps are told, also when the log begins after them', () => {
    const end = told(step(9));
    expect(isEvaluationTold(end, 8)).toBe(true);
    expect(isEvaluationTold(end, 9)).toBe(false);
  });

  it('is what the run began after, where no step was told since', () => {
    expect(told(started(7))).toEqual({ step: 7, evaluation: -1 });
  });

  it('is the snapshot’s step, where later steps will be other ones', () => {
    expect(told(step(9), wentBack(6, true)).step).toBe(6);
    expect(told(step(9), wentBack(6, false)).step).toBe(9);
  });

  it('looks no further than the last step', () => {
    function* events() {
      yield evaluation(4);
      yield step(4);
      throw new Error('looked too far');
    }
    expect(toldBy(events())).toEqual({ step: 4, evaluation: 4 });
  });

  it('is the same as what was noted event by event', () => {
    const events = [started(0), evaluation(0), step(1), step(2), evaluation(2), wentBack(1, true), step(2)];
    expect(events.reduce(toldAfter, NOTHING_TOLD).step).toBe(told(...events).step);
  });
});

/**
 * Which step a worker is at, and waiting for the next one. Peers hear of a new generation at different moments: who
 * asks for it early waits, who asks for an old one is refused.
 */
import { type PromiseWithResolvers, withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import type { StepKey } from './gradient-store.js';

export interface StepClock {
  current(): StepKey;
  begin(step: StepKey): void;
  /** Throws PROTOCOL unless this is the step at hand. */
  expect(step: StepKey): void;
  /** Throws PROTOCOL when the step at hand is a later one. */
  expectNotOver(step: StepKey): void;
  /** Resolves when the step has begun. @throws PROTOCOL when it is over. */
  arrival(step: StepKey): Promise<void>;
  /** Ends all waits, now and later. */
  fail(error: Error): void;
}

export function createStepClock(): StepClock {
  let current: StepKey = { generation: 0, step: 0 };
  let next = unwatched();
  let failure: Error | undefined;

  const refusal = (step: StepKey): ProspectError => {
    const wanted = `generation ${step.generation}, step ${step.step}`;
    const held = `generation ${current.generation}, step ${current.step}`;
    return new ProspectError('PROTOCOL', `gradients of ${wanted} were asked for, but this worker is at ${held}`);
  };
  const expectNotOver = (step: StepKey): void => {
    if (compareSteps(step, current) < 0) throw refusal(step);
  };
  return {
    current: () => current,
    begin({ generation, step }) {
      current = { generation, step };
      next.resolve();
      next = unwatched();
    },
    expect(step) {
      if (compareSteps(step, current) !== 0) throw refusal(step);
    },
    expectNotOver,
    async arrival(step) {
      for (;;) {
        if (failure) throw failure;
        expectNotOver(step);
        if (compareSteps(step, current) === 0) return;
        await next.promise;
      }
    },
    fail(error) {
      failure ??= error;
      next.reject(error);
    },
  };
}

/** Below 0 when `a` was before `b`. */
export function compareSteps(a: StepKey, b: StepKey): number {
  return a.generation - b.generation || a.step - b.step;
}

/** A promise whose failure nobody has to be waiting for. */
export function unwatched(): PromiseWithResolvers<void> {
  const settled = withResolvers<void>();
  settled.promise.catch(() => undefined);
  return settled;
}

/** The sums that the main thread has handed over for a step, as peers pull them. */
import { withResolvers } from '../../core/async-queue.js';
import type { HeldSums } from '../allreduce/exchange.js';
import type { StepKey, SubtreeSum, Wire } from '../allreduce/gradient-store.js';
import { createStepClock } from '../allreduce/step-clock.js';

export interface PublishedSums extends HeldSums {
  /** Of the step that has begun. */
  publish(sums: readonly SubtreeSum[]): void;
}

/** @param length elements of the flat gradient. */
export function createPublishedSums(length: number, wire: Wire): PublishedSums {
  const steps = createStepClock();
  let published: readonly SubtreeSum[] | undefined;
  let changed = withResolvers<void>();
  const set = (sums: readonly SubtreeSum[] | undefined): void => {
    published = sums;
    changed.resolve();
    changed = withResolvers();
  };
  return {
    length,
    wire,
    begin(step: StepKey) {
      steps.begin(step);
      set(undefined);
    },
    publish: set,
    held: () => published ?? [],
    expect: steps.expect,
    expectNotOver: steps.expectNotOver,
    async arrival(step) {
      for (;;) {
        // What changes while the line below waits must not be missed.
        const { promise: change } = changed;
        await steps.arrival(step);
        if (published) return;
        await change;
      }
    },
    fail(error) {
      steps.fail(error);
      set(undefined);
    },
  };
}

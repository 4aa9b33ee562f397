/**
 * What this worker offers its peers at one moment: the gradients of the step at hand, the reduction under way, and the
 * last finished one, which observers pull until the next is finished. The peer service reads it, `reduce` fills it.
 */
import { ProspectError } from '../../core/errors.js';
import { CHUNK_ELEMENTS, type ElementRange } from '../../core/tensor-chunks.js';
import { type BufferPool, createBufferPool } from './buffer-pool.js';
import type { StepKey, StepLeaves, SubtreeSum, Wire } from './gradient-store.js';
import { createReduction, type Reduction } from './reduction.js';
import { compareSteps, unwatched } from './step-clock.js';

/** Of a gradient store, what peers see of it. */
export interface HeldSums {
  /** Elements of the flat gradient. */
  readonly length: number;
  readonly wire: Wire;
  begin(step: StepKey, leafCount: number, plan?: StepLeaves): void;
  /** Sums of complete subtrees, left to right. */
  held(): readonly SubtreeSum[];
  /** Throws PROTOCOL unless this is the step at hand. */
  expect(step: StepKey): void;
  /** Throws PROTOCOL when the step at hand is a later one. */
  expectNotOver(step: StepKey): void;
  /** Waits until sums of this step can be pulled: a peer may hear of it first. Throws PROTOCOL when it is over. */
  arrival(step: StepKey): Promise<void>;
  /** Ends all waits, now and later. */
  fail(error: Error): void;
}

export interface Exchange<Sums extends HeldSums = HeldSums> {
  readonly store: Sums;
  /** Memory for a piece of a sum each, used again from step to step. */
  readonly scratch: BufferPool;
  /** Takes a step on. A reduction that is not finished fails; finished leaves of the same step and attempt are kept. */
  begin(step: StepKey, leafCount: number, plan?: StepLeaves): void;
  /** Starts to reduce. */
  open(step: StepKey, own: ElementRange): Reduction;
  /** All slices are there: this is now the last finished reduction, and the one before is gone. */
  finish(reduction: Reduction): void;
  /** Drops a reduction that failed. Its buffer is not used again: somebody may still write to it. */
  abandon(reduction: Reduction, error: Error): void;
  /**
   * The reduction of a step, once it has started; with generation 0 the last finished one.
   * @throws PROTOCOL when it is gone.
   */
  reduction(step: StepKey): Promise<Reduction>;
  /** Ends the waits of peers: this worker leaves. */
  fail(error: Error): void;
}

export function createExchange<Sums extends HeldSums>(store: Sums): Exchange<Sums> {
  const buffers = createBufferPool(store.length);
  let current: Reduction | undefined;
  let finished: Reduction | undefined;
  let changed = unwatched();
  let failure: Error | undefined;

  const notify = (): void => {
    changed.resolve();
    changed = unwatched();
  };
  const abandon = (reduction: Reduction, error: Error): void => {
    reduction.fail(error);
    if (current === reduction) current = undefined;
  };
  /** Undefined for what may still come. */
  const find = (step: StepKey): Reduction | undefined => {
    if (step.generation === 0) return finished && findFinished(finished, step.step);
    if (current && compareSteps(step, current.key) === 0) return current;
    if (finished && compareSteps(step, finished.key) === 0) return finished;
    store.expectNotOver(step);
    return undefined;
  };

  return {
    store,
    scratch: createBufferPool(Math.min(store.length, CHUNK_ELEMENTS)),
    begin(step, leafCount, plan) {
      if (current) abandon(current, new ProspectError('WORKER_LOST', 'the members changed during the reduction'));
      store.begin(step, leafCount, plan);
      notify();
    },
    open(step, own) {
      if (current) abandon(current, new ProspectError('PROTOCOL', 'the step is reduced again'));
      current = createReduction({ generation: step.generation, step: step.step }, own, buffers.take());
      notify();
      return current;
    },
    finish(reduction) {
      reduction.complete();
      if (finished) {
        finished.fail(gone(finished));
        buffers.give(finished.gradient);
      }
      finished = reduction;
      if (current === reduction) current = undefined;
      notify();
    },
    abandon,
    async reduction(step) {
      for (;;) {
        if (failure) throw failure;
        const found = find(step);
        if (found) return found;
        await changed.promise;
      }
    },
    fail(error) {
      failure ??= error;
      current?.fail(error);
      changed.reject(error);
      store.fail(error);
    },
  };
}

function findFinished(finished: Reduction, step: number): Reduction | undefined {
  if (step === finished.key.step) return finished;
  if (step > finished.key.step) return undefined;
  const held = `only that of step ${finished.key.step} is held`;
  throw new ProspectError('PROTOCOL', `the reduced gradient of step ${step} is gone: ${held}`);
}

function gone({ key }: Reduction): ProspectError {
  return new ProspectError('PROTOCOL', `the reduced gradient of step ${key.step} is gone: a later one is finished`);
}

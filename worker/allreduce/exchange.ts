/**
 * What this worker offers its peers at one moment: the gradients of the step at hand, the reduction under way, and the
 * last finished one, which observers pull until the next is finished. The peer service reads it, `reduce` fills it.
 */
import { ProspectError } from '../../core/errors.js';
import type { ElementRange } from '../../core/tensor-chunks.js';
import { createBufferPool } from './buffer-pool.js';
import type { GradientStore, StepKey, StepLeaves } from './gradient-store.js';
import { createReduction, type Reduction } from './reduction.js';
import { compareSteps, unwatched } from './step-clock.js';

export interface Exchange {
  readonly store: GradientStore;
  /** Live trainable parameters. */
  readonly parameters: SharedArrayBuffer;
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
  /** The last finished reduction. */
  lastReduced(): Reduction | undefined;
  /** Ends the waits of peers: this worker leaves. */
  fail(error: Error): void;
}

export function createExchange(store: GradientStore, parameters: SharedArrayBuffer): Exchange {
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
    parameters,
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
    lastReduced: () => finished,
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

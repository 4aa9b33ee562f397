/**
 * What this worker offers its peers at one moment: the order of the reduction under way, and its own reduced slice
 * once that is finished. The peer service reads it, `reduce` fills it.
 */
import { type PromiseWithResolvers, withResolvers } from '../../core/async-queue.js';
import type { ElementRange } from '../../core/tensor-chunks.js';
import type { GradientStore, StepKey } from './gradient-store.js';

export interface ReducedSlice extends ElementRange {
  readonly values: SharedArrayBuffer;
}

export interface Exchange {
  readonly store: GradientStore;
  /** Live trainable parameters. */
  readonly parameters: SharedArrayBuffer;
  /** Starts a step: what was offered for the step before is gone. */
  begin(step: StepKey, leafCount: number): void;
  /** Resolves when this worker's slice of the step at hand is reduced. */
  reduced(step: StepKey): Promise<ReducedSlice>;
  offerReduced(slice: ReducedSlice): void;
  /** Ends the waits of peers: this worker leaves. */
  fail(error: Error): void;
}

export function createExchange(store: GradientStore, parameters: SharedArrayBuffer): Exchange {
  let offered = unwatched<ReducedSlice>();
  return {
    store,
    parameters,
    begin(step, leafCount) {
      store.begin(step, leafCount);
      offered = unwatched();
    },
    reduced(step) {
      store.expect(step);
      return offered.promise;
    },
    offerReduced: (slice) => offered.resolve(slice),
    fail: (error) => offered.reject(error),
  };
}

/** A promise whose failure nobody has to be waiting for. */
function unwatched<T>(): PromiseWithResolvers<T> {
  const settled = withResolvers<T>();
  settled.promise.catch(() => undefined);
  return settled;
}

/**
 * One step's reduced gradient while it comes about: this worker's slice grows from its start, the others' slices are
 * pulled beside it. Peers that ask wait for what they need.
 */
import { setMaxListeners } from 'node:events';
import { ProspectError } from '../../core/errors.js';
import type { ElementRange } from '../../core/tensor-chunks.js';
import type { StepKey } from './gradient-store.js';
import { unwatched } from './step-clock.js';

export interface Reduction {
  readonly key: StepKey;
  /** The slice that this worker reduces. */
  readonly own: ElementRange;
  /** The whole gradient, flat float32. */
  readonly gradient: SharedArrayBuffer;
  /** Aborted, with the reason, when the reduction fails. */
  readonly signal: AbortSignal;
  /** The own slice is reduced up to this element of the flat gradient. */
  reducedTo(end: number): void;
  /** All slices are there. */
  complete(): void;
  /** Resolves when these elements are final. @throws PROTOCOL for another's elements before all are there. */
  ready(range: ElementRange): Promise<void>;
  /** Ends all waits; what is asked for later fails too. */
  fail(error: Error): void;
}

export function createReduction(key: StepKey, own: ElementRange, gradient: SharedArrayBuffer): Reduction {
  let reducedTo = own.offset;
  let isWhole = false;
  const failed = new AbortController();
  // One for each pull from a peer.
  setMaxListeners(0, failed.signal);
  let progress = unwatched();

  const advance = (): void => {
    progress.resolve();
    progress = unwatched();
  };
  return {
    key,
    own,
    gradient,
    signal: failed.signal,
    reducedTo(end) {
      reducedTo = end;
      advance();
    },
    complete() {
      isWhole = true;
      advance();
    },
    async ready({ offset, length }) {
      const isOwn = offset >= own.offset && offset + length <= own.offset + own.length;
      for (;;) {
        failed.signal.throwIfAborted();
        if (isWhole || (isOwn && offset + length <= reducedTo)) return;
        if (!isOwn) {
          const asked = `elements ${offset} to ${offset + length}`;
          const slice = `${own.offset} to ${own.offset + own.length}`;
          throw new ProspectError('PROTOCOL', `${asked} were asked for, but this worker reduces ${slice}`);
        }
        await progress.promise;
      }
    },
    fail(error) {
      failed.abort(error);
      progress.reject(error);
    },
  };
}

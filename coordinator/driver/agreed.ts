/** The parameters on which the workers agreed, for what has to wait until they do. */
import { setTimeout as delay } from 'node:timers/promises';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { agreedDigest } from '../machine/turn.js';
import type { State } from '../machine/types.js';

/** Applying a step takes less; workers that have not all done it by then will not. */
const LONGEST_WAIT_MS = 10_000;

export interface AgreedDigests {
  /** @throws WORKER_LOST when they don't within some seconds. */
  of(step: number): Promise<string>;
  /** Called when they have. */
  note(step: number, parameterDigest: string): void;
}

export function createAgreed(state: () => State): AgreedDigests {
  const waiting = new Map<number, ReturnType<typeof withResolvers<string>>>();
  return {
    async of(step) {
      const known = agreedDigest(state(), step);
      if (known !== undefined) return known;
      const entry = waiting.get(step) ?? withResolvers<string>();
      waiting.set(step, entry);
      const timer = new AbortController();
      const late = delay(LONGEST_WAIT_MS, undefined, { signal: timer.signal, ref: false }).then(() => {
        throw new ProspectError('WORKER_LOST', `the workers have not agreed on the parameters after step ${step}`);
      });
      late.catch(() => undefined);
      return Promise.race([entry.promise, late]).finally(() => timer.abort());
    },
    note(step, parameterDigest) {
      waiting.get(step)?.resolve(parameterDigest);
      waiting.delete(step);
    },
  };
}

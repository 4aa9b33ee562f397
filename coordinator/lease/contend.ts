/** How a coordinator comes to lead, wherever the lease lies: it takes a free one, and one whose holder is gone. */
import type { ProspectError } from '../../core/errors.js';
import type { Holder } from './holder.js';
import { processStart } from './process-start.js';
import { createSilence } from './silence.js';
import { LEASE_MS } from './timing.js';

export interface SeenLease {
  readonly holder: Holder;
  /** Changes whenever the holder renews it. */
  readonly beat: string;
}

export interface LeasePlace {
  /** undefined: nobody has it. */
  look(): Promise<SeenLease | undefined>;
  /**
   * Takes it as it was seen.
   * @returns false when it has changed since.
   */
  take(seen: SeenLease | undefined): Promise<boolean>;
  /** What one hears who may not have it. */
  held(holder: Holder): ProspectError;
}

/** Resolves when it is time for another look at a lease that is held. */
export type Wait = (seen: SeenLease) => Promise<void>;

/**
 * @param wait undefined: one that is held is refused at once. Only who waits can see that a holder whose process can't be
 *   seen has gone silent.
 * @returns the gone holder that it was taken from.
 * @throws what the place says of a lease that is held; what `wait` throws.
 */
export async function contend(place: LeasePlace, own: Holder, wait: Wait | undefined): Promise<Holder | undefined> {
  const isSilent = createSilence(LEASE_MS);
  for (;;) {
    const seen = await place.look();
    const isGone = seen && (isSilent(seen.beat, performance.now()) || !(await isAlive(seen.holder, own.host)));
    if (!seen || isGone) {
      if (await place.take(seen)) return seen?.holder;
    } else if (wait) await wait(seen);
    else throw place.held(seen.holder);
  }
}

/** Another host's processes can't be seen from here, so they count as alive. */
export async function isAlive(holder: Holder, ownHost: string): Promise<boolean> {
  if (holder.host !== ownHost) return true;
  const start = await processStart(holder.pid);
  if (start === undefined) return false;
  return start === holder.processStart;
}

/**
 * What keeps a coordinator that was replaced from acting. A later one first makes its segment of the journal and then reads
 * the earlier ones; whoever writes first syncs and then looks for later segments. So what was synced before such a look
 * is seen by all successors, and what was not is acted on by nobody. No clock is needed for that.
 */
import { ProspectError } from '../../core/errors.js';

export interface Fence {
  /** Before something is written: the lease is held by our own clock, or was just renewed. @throws LEASE_LOST */
  mayWrite(): Promise<void>;
  /** When it is on the disk, before anyone acts on it: no other coordinator has taken over. @throws LEASE_LOST */
  mayAct(): Promise<void>;
}

export function leaseLost(how: string): ProspectError {
  return new ProspectError(
    'LEASE_LOST',
    `another coordinator has taken over this run: ${how}. This one has stopped; nothing is lost. Started again with ` +
      '--standby, it waits for its turn.',
  );
}

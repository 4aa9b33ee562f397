/** A coordinator that nobody competes with. */
import type { Fence } from '../../coordinator/journal/fence.js';
import type { Lease } from '../../coordinator/lease/take-lease.js';

export const NO_RIVAL: Fence = { mayWrite: async () => undefined, mayAct: async () => undefined };

export const UNDISPUTED: Lease = {
  ...NO_RIVAL,
  holder: 'process 1 on test',
  lostBy: undefined,
  hasWaited: false,
  lost: new Promise(() => undefined),
  release: async () => undefined,
};

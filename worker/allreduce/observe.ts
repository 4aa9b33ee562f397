/** The reduced gradient of a step for a worker that took no part in it: each member gives a share of it. */
import { ProspectError, toProspectError } from '../../core/errors.js';
import { sliceOf } from '../../core/parameters.js';
import type { ElementRange } from '../../core/tensor-chunks.js';
import type { Exchange } from './exchange.js';
import { gatherInto } from './gather.js';
import type { Peer } from './peer-clients.js';
import type { Reduction } from './reduction.js';

/**
 * @param members workers that finished the step; all hold the whole gradient. A share that one cannot give is pulled
 * from the others.
 * @returns flat float32; the buffer is the exchange's and stays as it is until the next one.
 * @throws PeerError when nobody has it any more.
 */
export async function pullWholeReduced(
  step: number,
  members: readonly Peer[],
  exchange: Exchange,
): Promise<SharedArrayBuffer> {
  if (members.length === 0) throw new ProspectError('PROTOCOL', `no member to pull the gradient of step ${step} from`);
  const { length } = exchange.store;
  const reduction = exchange.open({ generation: 0, step }, { offset: 0, length: 0 });
  const shares = members.map((_, i) =>
    pullShare(reduction, sliceOf(i, members.length, length), [...members.slice(i), ...members.slice(0, i)]),
  );
  try {
    await Promise.all(shares);
    reduction.signal.throwIfAborted();
  } catch (error) {
    exchange.abandon(reduction, toProspectError(error));
    throw error;
  }
  exchange.finish(reduction);
  return reduction.gradient;
}

/** From the first of the members that gives it. */
async function pullShare(reduction: Reduction, range: ElementRange, members: readonly Peer[]): Promise<void> {
  let failure: unknown;
  for (const member of members) {
    try {
      await gatherInto(reduction.gradient, member, reduction.key, range, reduction.signal);
      return;
    } catch (error) {
      reduction.signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}

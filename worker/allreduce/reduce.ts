/**
 * The all-reduce of a step: a direct reduce-scatter and an all-gather, both by pulling, piece by piece at the same
 * time. This worker owns one slice of the flat gradient: it pulls the others' subtree sums of it, finishes the
 * canonical tree, divides once, and pulls the other slices while their owners do the same. Every worker ends with the
 * same bytes, however many there are.
 */
import { ProspectError, toProspectError } from '../../core/errors.js';
import { sliceOf } from '../../core/parameters.js';
import type { LeafRange } from '../../core/reduction-tree.js';
import { chunksOf } from '../../core/tensor-chunks.js';
import type { Exchange } from './exchange.js';
import { gatherInto } from './gather.js';
import type { StepKey } from './gradient-store.js';
import type { Peer } from './peer-clients.js';
import { finishPiece } from './piece.js';
import type { Reduction } from './reduction.js';
import { openSumStream } from './sum-stream.js';

export interface ReduceOrder extends StepKey {
  readonly leafCount: number;
  /** Rows of the global batch. */
  readonly exampleCount: number;
  /** Leaves that each rank holds, in rank order: ranges, several after a recovery. */
  readonly leaves: readonly (readonly LeafRange[])[];
}

export interface Reducer {
  /**
   * The mean gradient over the global batch, flat float32. The buffer is the exchange's: it stays as it is until the
   * next step is reduced. The leaves stay in the store, so that a step can be reduced again.
   * @throws PeerError when a peer cannot be pulled from or sends something else, WORKER_LOST when a later generation
   * begins meanwhile.
   */
  reduce(order: ReduceOrder): Promise<SharedArrayBuffer>;
}

/** For one membership: rank and world size decide the slices. */
export function createReducer(
  { rank, worldSize }: { rank: number; worldSize: number },
  peers: readonly Peer[],
  exchange: Exchange,
): Reducer {
  const { store } = exchange;
  const own = sliceOf(rank, worldSize, store.length);

  return {
    async reduce(order) {
      store.expect(order);
      if (order.leaves.length !== worldSize) {
        throw new ProspectError('PROTOCOL', `a reduction of ${order.leaves.length} ranks among ${worldSize} workers`);
      }
      const reduction = exchange.open(order, own);
      try {
        const gathered = peers.map((peer) => gatherSlice(reduction, peer, worldSize));
        await Promise.all([reduceOwnSlice(order, reduction, peers, exchange), ...gathered]);
        reduction.signal.throwIfAborted();
      } catch (error) {
        exchange.abandon(reduction, toProspectError(error));
        throw error;
      }
      exchange.finish(reduction);
      return reduction.gradient;
    },
  };
}

/** The next pieces come while one is finished. */
async function reduceOwnSlice(
  order: ReduceOrder,
  reduction: Reduction,
  peers: readonly Peer[],
  { store, scratch }: Exchange,
): Promise<void> {
  const { key, own, signal, gradient } = reduction;
  const held = store.held();
  const streams = peers
    .filter((peer) => own.length > 0 && order.leaves[peer.rank]!.some(({ start, end }) => start < end))
    .map((peer) => openSumStream(peer, key, own, scratch, signal));
  for (const [number, range] of [...chunksOf(own)].entries()) {
    const pulled = await Promise.all(streams.map((stream) => stream.piece(number)));
    signal.throwIfAborted();
    finishPiece({ range, held, pulled }, order, store.wire, gradient);
    reduction.reducedTo(range.offset + range.length);
    for (const [i, stream] of streams.entries()) stream.finished(number + 1, pulled[i]!);
  }
  await Promise.all(streams.map((stream) => stream.read));
}

function gatherSlice({ key, gradient, signal }: Reduction, peer: Peer, worldSize: number): Promise<void> {
  return gatherInto(gradient, peer, key, sliceOf(peer.rank, worldSize, gradient.byteLength / 4), signal);
}

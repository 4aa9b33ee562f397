/**
 * The all-reduce of a step: a direct reduce-scatter, then an all-gather, both by pulling. This worker owns one slice of
 * the flat gradient: it pulls the others' subtree sums of it, finishes the canonical tree, divides once, and pulls the
 * other slices when their owners have done the same. Every worker ends with the same bytes, however many there are.
 */
import { ProspectError } from '../../core/errors.js';
import { sliceOf } from '../../core/parameters.js';
import { type LeafRange, nodeKey, subtreesOf } from '../../core/reduction-tree.js';
import { chunksOf, type ElementRange, elementBytes, writeElements } from '../../core/tensor-chunks.js';
import type { Compute } from '../compute/compute.js';
import { type BufferPool, createBufferPool } from './buffer-pool.js';
import type { Exchange } from './exchange.js';
import type { StepKey } from './gradient-store.js';
import type { Peer } from './peer-clients.js';
import { finishTree, type SliceSum } from './slice-tree.js';
import { sliceWriter } from './slice-writer.js';

export interface ReduceOrder extends StepKey {
  readonly leafCount: number;
  /** Rows of the global batch. */
  readonly exampleCount: number;
  /** Leaves that each rank holds, in rank order. */
  readonly leaves: readonly LeafRange[];
}

export interface Reducer {
  /**
   * The mean gradient over the global batch, flat float32; the caller gives the buffer back to the store's pool.
   * @throws WORKER_LOST when a peer cannot be pulled from, PROTOCOL when it sends something else.
   */
  reduce(order: ReduceOrder): Promise<SharedArrayBuffer>;
}

/** For one membership: rank and world size decide the slices. */
export function createReducer(
  { rank, worldSize }: { rank: number; worldSize: number },
  peers: readonly Peer[],
  exchange: Exchange,
  compute: Pick<Compute, 'add' | 'divide'>,
): Reducer {
  const { store } = exchange;
  const own = sliceOf(rank, worldSize, store.length);
  const slicePool = createBufferPool(own.length);

  return {
    async reduce(order) {
      store.expect(order);
      if (order.leaves.length !== worldSize) {
        throw new ProspectError('PROTOCOL', `a reduction of ${order.leaves.length} ranks among ${worldSize} workers`);
      }
      const pulled = await Promise.all(peers.map((peer) => pullSums(order, peer, own, slicePool)));
      const sums = new Map(pulled.flatMap((ofPeer) => [...ofPeer]));
      for (const { node, sum } of store.held()) sums.set(nodeKey(node), { values: sum, offset: own.offset });
      const { values, offset } = await finishTree(sums, order.leafCount, own.length, compute);
      await compute.divide({ target: values, offset, length: own.length, divisor: order.exampleCount });

      const gradient = store.pool.take();
      copySlice({ values, offset }, gradient, own);
      for (const ofPeer of pulled) for (const sum of ofPeer.values()) slicePool.give(sum.values);
      exchange.offerReduced({ values: gradient, ...own });
      await Promise.all(peers.map((peer) => pullReduced(order, peer, worldSize, gradient)));
      return gradient;
    },
  };
}

/** The peer's subtree sums over our slice. It sends them node by node, left to right. */
async function pullSums(
  order: ReduceOrder,
  peer: Peer,
  slice: ElementRange,
  pool: BufferPool,
): Promise<Map<string, SliceSum>> {
  const sums = new Map<string, SliceSum>();
  const nodes = subtreesOf(order.leaves[peer.rank]!, order.leafCount);
  if (nodes.length === 0) return sums;
  const writers = new Map(
    nodes.map((node) => {
      const values = pool.take();
      sums.set(nodeKey(node), { values, offset: 0 });
      return [nodeKey(node), sliceWriter(slice, values, 0)];
    }),
  );
  for await (const chunk of peer.pullSums(order, slice)) {
    const writer = writers.get(nodeKey(chunk));
    if (!writer) throw new ProspectError('PROTOCOL', `rank ${peer.rank} sent tree node ${nodeKey(chunk)} unasked`);
    writer.write(chunk);
  }
  for (const writer of writers.values()) writer.finish();
  return sums;
}

async function pullReduced(
  order: ReduceOrder,
  peer: Peer,
  worldSize: number,
  gradient: SharedArrayBuffer,
): Promise<void> {
  const slice = sliceOf(peer.rank, worldSize, gradient.byteLength / 4);
  const writer = sliceWriter(slice, gradient, slice.offset);
  for await (const chunk of peer.pullReduced(order)) writer.write(chunk);
  writer.finish();
}

function copySlice(from: SliceSum, gradient: SharedArrayBuffer, slice: ElementRange): void {
  for (const { offset, length } of chunksOf(slice)) {
    const source = { offset: from.offset + offset - slice.offset, length };
    writeElements(elementBytes(from.values, source), gradient, offset);
  }
}

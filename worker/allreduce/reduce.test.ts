import { describe, expect, test } from 'vitest';
import { type LeafRange, subtreesOf } from '../../core/reduction-tree.js';
import type { TensorChunk } from '../../proto/gen/prospect/v1/tensor.js';
import { linearCompute } from '../../test/support/linear-compute.js';
import { createExchange, type Exchange } from './exchange.js';
import { createGradientStore } from './gradient-store.js';
import type { Peer } from './peer-clients.js';
import { createPeerService } from './peer-service.js';
import { createReducer } from './reduce.js';

const LENGTH = 53;
const STEP = { generation: 1, step: 7 };
const compute = linearCompute();

/** Small, seeded and good enough for tests. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Values of very different size: a different order of sums gives different bits. */
function leafGradients(leafCount: number, random: () => number): Float32Array[] {
  return Array.from({ length: leafCount }, () =>
    Float32Array.from({ length: LENGTH }, () => (random() - 0.5) * 10 ** Math.floor(random() * 6)),
  );
}

/** Contiguous ranges, some of them empty. */
function randomRanges(leafCount: number, workers: number, random: () => number): LeafRange[] {
  const cuts = Array.from({ length: workers - 1 }, () => Math.floor(random() * (leafCount + 1))).sort((a, b) => a - b);
  return Array.from({ length: workers }, (_, i) => ({ start: cuts[i - 1] ?? 0, end: cuts[i] ?? leafCount }));
}

async function* chunksOf(
  responses: AsyncIterable<{ chunk?: Partial<TensorChunk> | undefined }>,
): AsyncGenerator<TensorChunk> {
  for await (const { chunk } of responses) yield { ...chunk, elements: Buffer.from(chunk!.elements!) } as TensorChunk;
}

/** The peer service without the network between. */
function peerOf(rank: number, exchange: Exchange): Peer {
  const service = createPeerService(() => exchange);
  const context = {} as never;
  return {
    rank,
    pullSums: (step, slice) => chunksOf(service.pullSums({ ...step, ...slice }, context) as never),
    pullReduced: ({ generation, step }) => chunksOf(service.pullReduced({ generation, step }, context) as never),
  };
}

async function reduceOn(leaves: readonly LeafRange[], gradients: readonly Float32Array[]): Promise<Buffer[]> {
  const exchanges = leaves.map(() => createExchange(createGradientStore(LENGTH, compute), new SharedArrayBuffer(4)));
  for (const [rank, { start, end }] of leaves.entries()) {
    exchanges[rank]!.begin(STEP, gradients.length);
    const { store } = exchanges[rank]!;
    for (let leaf = start; leaf < end; leaf++) {
      const buffer = store.pool.take();
      new Float32Array(buffer).set(gradients[leaf]!);
      await store.addLeaf(leaf, buffer);
    }
  }
  const order = { ...STEP, leafCount: gradients.length, exampleCount: 24, leaves };
  const peers = exchanges.map((exchange, rank) => peerOf(rank, exchange));
  const reduced = exchanges.map((exchange, rank) => {
    const others = peers.filter((peer) => peer.rank !== rank);
    return createReducer({ rank, worldSize: leaves.length }, others, exchange, compute).reduce(order);
  });
  return (await Promise.all(reduced)).map((buffer) => Buffer.from(new Uint8Array(buffer).slice()));
}

describe('reduce', () => {
  test('gives all workers the bytes that one worker gets, for any assignment of 1 to 17 leaves to 1 to 8 workers', async () => {
    const random = randomNumbers(5);
    for (let leafCount = 1; leafCount <= 17; leafCount++) {
      const gradients = leafGradients(leafCount, random);
      const [alone] = await reduceOn([{ start: 0, end: leafCount }], gradients);
      for (let workers = 2; workers <= 8; workers++) {
        const leaves = randomRanges(leafCount, workers, random);
        for (const bytes of await reduceOn(leaves, gradients)) expect(bytes.equals(alone!)).toBe(true);
      }
    }
  });

  test('is the mean over the examples', async () => {
    const gradients = leafGradients(5, randomNumbers(6));
    const [bytes] = await reduceOn([{ start: 0, end: 5 }], gradients);
    const mean = new Float32Array(bytes!.buffer, bytes!.byteOffset, LENGTH);
    for (let i = 0; i < LENGTH; i++) {
      const sum = gradients.reduce((total, gradient) => total + gradient[i]!, 0);
      expect(mean[i]! * 24).toBeCloseTo(sum, 0);
    }
  });

  test('refuses an order for another step', async () => {
    const exchange = createExchange(createGradientStore(LENGTH, compute), new SharedArrayBuffer(4));
    exchange.begin(STEP, 1);
    const reducer = createReducer({ rank: 0, worldSize: 1 }, [], exchange, compute);
    const order = { generation: 1, step: 8, leafCount: 1, exampleCount: 1, leaves: [{ start: 0, end: 1 }] };
    await expect(reducer.reduce(order)).rejects.toMatchObject({ code: 'PROTOCOL' });
  });

  test('ends when a peer sends less than its slice', async () => {
    const exchange = createExchange(createGradientStore(LENGTH, compute), new SharedArrayBuffer(4));
    exchange.begin(STEP, 2);
    await exchange.store.addLeaf(0, exchange.store.pool.take());
    const silent: Peer = { rank: 1, pullSums: async function* () {}, pullReduced: async function* () {} };
    const reducer = createReducer({ rank: 0, worldSize: 2 }, [silent], exchange, compute);
    const leaves = [
      { start: 0, end: 1 },
      { start: 1, end: 2 },
    ];
    const reduced = reducer.reduce({ ...STEP, leafCount: 2, exampleCount: 2, leaves });
    await expect(reduced).rejects.toThrow(/slice of 26 elements ended after 0/);
  });
});

describe('gradient store', () => {
  test('holds the largest complete subtrees of its leaves, whatever order they come in', async () => {
    const store = createGradientStore(LENGTH, compute);
    store.begin(STEP, 11);
    for (const leaf of [9, 3, 10, 4, 8, 7, 5, 6]) await store.addLeaf(leaf, store.pool.take());
    expect(store.held().map(({ node }) => node)).toEqual(subtreesOf({ start: 3, end: 11 }, 11));
  });

  test('uses buffers again: eight leaves in a row need four', async () => {
    const store = createGradientStore(LENGTH, compute);
    const buffers = new Set<SharedArrayBuffer>();
    store.begin(STEP, 8);
    for (let leaf = 0; leaf < 8; leaf++) {
      const buffer = store.pool.take();
      buffers.add(buffer);
      await store.addLeaf(leaf, buffer);
    }
    expect(buffers.size).toBe(4);
  });
});

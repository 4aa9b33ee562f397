import { describe, expect, test } from 'vitest';
import { roundToBfloat16 } from '../../core/bfloat16.js';
import type { LeafRange } from '../../core/reduction-tree.js';
import type { ElementRange } from '../../core/tensor-chunks.js';
import type { Message } from '../../proto/transport/message-reader.js';
import { type MemoryFor, readFrameHeader } from '../../proto/transport/tensor-frame.js';
import type { FrameMaker } from '../../proto/transport/tensor-service.js';
import { bytesOf, exchangeWith, leafGradients, randomHoldings, randomNumbers } from '../../test/support/exchanges.js';
import type { Exchange } from './exchange.js';
import type { Wire } from './gradient-store.js';
import { pullWholeReduced } from './observe.js';
import type { Peer } from './peer-clients.js';
import { createPeerService } from './peer-service.js';
import { createReducer } from './reduce.js';
import { verifiedFrames } from './verified-frames.js';

const LENGTH = 53;
const STEP = { generation: 1, step: 7 };
const EXAMPLES = 24;
const WHOLE: LeafRange[][] = [[{ start: 0, end: 17 }]];

/** The peer service without the network between. */
function peerOf(rank: number, exchange: Exchange): Peer {
  const service = createPeerService(() => exchange);
  return {
    rank,
    pullSums: (step, slice, places) => {
      const open = (rest: ElementRange) => messagesOf(service.pullSums({ ...step, ...rest }), places(rest));
      return verifiedFrames(slice, open, expect.unreachable);
    },
    pullReduced: (step, range, places) => {
      const open = (rest: ElementRange) => messagesOf(service.pullReduced({ ...step, ...rest }), places(rest));
      return verifiedFrames(range, open, expect.unreachable);
    },
  };
}

async function* messagesOf(makers: AsyncIterable<FrameMaker>, memoryFor: MemoryFor): AsyncGenerator<Message> {
  for await (const makeFrame of makers) {
    const [head, sent] = makeFrame({ isLocal: false });
    const { buffer, byteOffset } = memoryFor(readFrameHeader(head), sent.length);
    const payload = Buffer.from(buffer, byteOffset, sent.length);
    payload.set(sent);
    yield { head, payload };
  }
}

function reduceAll(
  exchanges: readonly Exchange[],
  leaves: readonly (readonly LeafRange[])[],
  leafCount: number,
  step = STEP,
): Promise<SharedArrayBuffer[]> {
  const peers = exchanges.map((exchange, rank) => peerOf(rank, exchange));
  const reduced = exchanges.map((exchange, rank) => {
    const others = peers.filter((peer) => peer.rank !== rank);
    const reducer = createReducer({ rank, worldSize: leaves.length }, others, exchange);
    return reducer.reduce({ ...step, leafCount, exampleCount: EXAMPLES, leaves });
  });
  return Promise.all(reduced);
}

async function reduceOn(
  leaves: readonly (readonly LeafRange[])[],
  gradients: readonly Float32Array[],
  wire: Wire = 'float32',
): Promise<Buffer[]> {
  const exchanges = await Promise.all(leaves.map((holding) => exchangeWith(holding, gradients, STEP, wire)));
  return (await reduceAll(exchanges, leaves, gradients.length)).map(bytesOf);
}

function alone(leafCount: number): LeafRange[][] {
  return [[{ start: 0, end: leafCount }]];
}

describe.each(['float32', 'bfloat16'] as const)('reduce over %s', (wire) => {
  test('gives all workers the bytes that one worker gets, whoever holds which of 1 to 17 leaves', async () => {
    const random = randomNumbers(5);
    for (let leafCount = 1; leafCount <= 17; leafCount++) {
      const gradients = leafGradients(leafCount, LENGTH, random);
      const [expected] = await reduceOn(alone(leafCount), gradients, wire);
      for (const workers of [2, 3, 8, 32]) {
        for (const bytes of await reduceOn(randomHoldings(leafCount, workers, random), gradients, wire)) {
          expect(bytes.equals(expected!), `${leafCount} leaves on ${workers} workers`).toBe(true);
        }
      }
    }
  });

  test('works with fewer elements than workers', async () => {
    const random = randomNumbers(8);
    const gradients = leafGradients(5, 3, random);
    const [expected] = await reduceOn(alone(5), gradients, wire);
    for (const bytes of await reduceOn(randomHoldings(5, 7, random), gradients, wire)) expect(bytes).toEqual(expected);
  });
});

describe('reduce', () => {
  test('is the mean over the examples', async () => {
    const gradients = leafGradients(5, LENGTH, randomNumbers(6));
    const [bytes] = await reduceOn(alone(5), gradients);
    const mean = new Float32Array(bytes!.buffer, bytes!.byteOffset, LENGTH);
    for (let i = 0; i < LENGTH; i++) {
      const sum = gradients.reduce((total, gradient) => total + gradient[i]!, 0);
      expect(mean[i]! * EXAMPLES).toBeCloseTo(sum, 0);
    }
  });

  test('over bfloat16 gives rounded values', async () => {
    const gradients = leafGradients(3, LENGTH, randomNumbers(6));
    const [bytes] = await reduceOn(alone(3), gradients, 'bfloat16');
    const rounded = new Float32Array(Uint8Array.from(bytes!).buffer);
    roundToBfloat16(rounded);
    expect(Buffer.from(rounded.buffer)).toEqual(bytes);
  });

  test('changes no leaf: a step is reduced again in a new generation, by fewer workers, with the same bytes', async () => {
    const gradients = leafGradients(7, LENGTH, randomNumbers(9));
    const leaves = [[{ start: 0, end: 3 }], [{ start: 3, end: 4 }], [{ start: 4, end: 7 }]];
    const exchanges = await Promise.all(leaves.map((holding) => exchangeWith(holding, gradients, STEP)));
    const [expected] = (await reduceAll(exchanges, leaves, 7)).map(bytesOf);

    const survivors = [exchanges[0]!, exchanges[2]!];
    const next = { ...STEP, generation: 2 };
    for (const { begin } of survivors) begin(next, 7);
    const buffer = survivors[1]!.store.pool.take();
    new Float32Array(buffer).set(gradients[3]!);
    await survivors[1]!.store.addLeaf(3, buffer);
    const again = await reduceAll(survivors, [[{ start: 0, end: 3 }], [{ start: 3, end: 7 }]], 7, next);
    for (const gradient of again) expect(bytesOf(gradient)).toEqual(expected);
  });

  test('waits for a peer that hears of the generation later', async () => {
    const gradients = leafGradients(2, LENGTH, randomNumbers(10));
    const leaves = [[{ start: 0, end: 1 }], [{ start: 1, end: 2 }]];
    const [early, late] = await Promise.all(leaves.map((holding) => exchangeWith(holding, gradients, STEP)));
    const next = { ...STEP, generation: 2 };
    early!.begin(next, 2);
    const reducer = createReducer({ rank: 0, worldSize: 2 }, [peerOf(1, late!)], early!);
    const first = reducer.reduce({ ...next, leafCount: 2, exampleCount: EXAMPLES, leaves });
    await new Promise(setImmediate);
    late!.begin(next, 2);
    const second = createReducer({ rank: 1, worldSize: 2 }, [peerOf(0, early!)], late!);
    const other = await second.reduce({ ...next, leafCount: 2, exampleCount: EXAMPLES, leaves });
    expect(bytesOf(await first)).toEqual(bytesOf(other));
  });

  test('ends at once when a later generation begins', async () => {
    const exchange = await exchangeWith([{ start: 0, end: 1 }], leafGradients(2, LENGTH, randomNumbers(1)), STEP);
    const never: Peer = {
      rank: 1,
      pullSums: (_, __, ___, signal) => hanging(signal),
      pullReduced: (_, __, ___, signal) => hanging(signal),
    };
    const reducer = createReducer({ rank: 0, worldSize: 2 }, [never], exchange);
    const leaves = [[{ start: 0, end: 1 }], [{ start: 1, end: 2 }]];
    const reduced = reducer.reduce({ ...STEP, leafCount: 2, exampleCount: 2, leaves });
    exchange.begin({ ...STEP, generation: 2 }, 2);
    await expect(reduced).rejects.toMatchObject({ code: 'WORKER_LOST', message: /members changed/ });
    expect(exchange.store.leaves()).toEqual([0]);
  });

  test('refuses an order for another step', async () => {
    const exchange = await exchangeWith([], leafGradients(1, LENGTH, randomNumbers(1)), STEP);
    const reducer = createReducer({ rank: 0, worldSize: 1 }, [], exchange);
    const order = { generation: 1, step: 8, leafCount: 1, exampleCount: 1, leaves: WHOLE };
    await expect(reducer.reduce(order)).rejects.toMatchObject({ code: 'PROTOCOL' });
  });

  test('names a leaf that nobody sent', async () => {
    const gradients = leafGradients(3, LENGTH, randomNumbers(1));
    const exchange = await exchangeWith([{ start: 0, end: 2 }], gradients, STEP);
    await expect(reduceAll([exchange], WHOLE, 3)).rejects.toThrow('no worker sent a sum that covers leaf 2');
  });

  test('ends when a peer sends less than its slice', async () => {
    const exchange = await exchangeWith([{ start: 0, end: 1 }], leafGradients(2, LENGTH, randomNumbers(1)), STEP);
    const nothing = (range: { offset: number; length: number }) =>
      verifiedFrames(range, async function* () {}, expect.unreachable);
    const silent: Peer = { rank: 1, pullSums: (_, slice) => nothing(slice), pullReduced: (_, range) => nothing(range) };
    const reducer = createReducer({ rank: 0, worldSize: 2 }, [silent], exchange);
    const leaves = [[{ start: 0, end: 1 }], [{ start: 1, end: 2 }]];
    const reduced = reducer.reduce({ ...STEP, leafCount: 2, exampleCount: 2, leaves });
    await expect(reduced).rejects.toThrow(/the stream ended after 0 of 2[67] elements/);
  });
});

describe('an observer', () => {
  test('gets the last finished gradient whole, until the next is finished', async () => {
    const gradients = leafGradients(6, LENGTH, randomNumbers(4));
    const leaves = [[{ start: 0, end: 2 }], [{ start: 2, end: 6 }]];
    const members = await Promise.all(leaves.map((holding) => exchangeWith(holding, gradients, STEP)));
    const peers = members.map((exchange, rank) => peerOf(rank, exchange));
    const [expected] = (await reduceAll(members, leaves, 6)).map(bytesOf);
    const observer = await exchangeWith([], gradients, { generation: 0, step: 0 });

    const next = { generation: 2, step: 8 };
    for (const { begin } of members) begin(next, 6);
    expect(bytesOf(await pullWholeReduced(7, peers, observer))).toEqual(expected);
    await expect(pullWholeReduced(6, peers, observer)).rejects.toThrow('step 6 is gone: only that of step 7 is held');
  });

  test('pulls from the others what one member cannot give', async () => {
    const gradients = leafGradients(2, LENGTH, randomNumbers(4));
    const member = await exchangeWith([{ start: 0, end: 2 }], gradients, STEP);
    const [expected] = (await reduceAll([member], alone(2), 2)).map(bytesOf);
    const lost: Peer = {
      rank: 0,
      pullSums: () => expect.unreachable(),
      pullReduced: () => {
        throw new Error('connection refused');
      },
    };
    const observer = await exchangeWith([], gradients, { generation: 0, step: 0 });
    expect(bytesOf(await pullWholeReduced(7, [lost, peerOf(1, member)], observer))).toEqual(expected);
    await expect(pullWholeReduced(7, [lost], observer)).rejects.toThrow('connection refused');
  });
});

async function* hanging(signal: AbortSignal): AsyncGenerator<never> {
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

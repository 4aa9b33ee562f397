/** The all-reduce between real gRPC servers: any assignment, damaged frames, slow links. */
import { afterEach, describe, expect, test } from 'vitest';
import type { LeafRange } from '../../core/reduction-tree.js';
import { CHUNK_ELEMENTS } from '../../core/tensor-chunks.js';
import type { TensorServiceImplementation } from '../../proto/transport/tensor-service.js';
import type { Exchange } from '../../worker/allreduce/exchange.js';
import type { Wire } from '../../worker/allreduce/gradient-store.js';
import { connectPeers } from '../../worker/allreduce/peer-clients.js';
import { anyMemory } from '../support/any-memory.js';
import { bytesOf, exchangeWith, leafGradients, randomHoldings, randomNumbers } from '../support/exchanges.js';
import { type GrpcWorkers, reduceOverGrpc, startGrpcWorkers } from '../support/grpc-workers.js';

const STEP = { generation: 3, step: 5 };
/** Another machine's, as far as a worker can see. */
const NETWORK = { delayMs: 0 };
const EXAMPLES = 24;
/** Several frames a slice, none of them full. */
const LENGTH = 5 * CHUNK_ELEMENTS + 3;

let workers: GrpcWorkers | undefined;

afterEach(() => {
  workers?.close();
  workers = undefined;
});

function exchangesOf(leaves: LeafRange[][], gradients: Float32Array[], wire?: Wire): Promise<Exchange[]> {
  return Promise.all(leaves.map((holding) => exchangeWith(holding, gradients, STEP, wire)));
}

/** The bytes that one worker gets. */
async function aloneOf(gradients: Float32Array[], wire?: Wire): Promise<Buffer> {
  const leaves = [[{ start: 0, end: gradients.length }]];
  const exchanges = await exchangesOf(leaves, gradients, wire);
  const order = { ...STEP, leafCount: gradients.length, exampleCount: EXAMPLES, leaves };
  return bytesOf((await reduceOverGrpc(exchanges, { members: [], close: () => undefined }, order))[0]!);
}

test.each(['float32', 'bfloat16'] as const)('all workers get the bytes of one over %s', async (wire) => {
  const random = randomNumbers(11);
  for (const [leafCount, workerCount] of [
    [1, 2],
    [5, 3],
    [9, 5],
  ] as const) {
    const gradients = leafGradients(leafCount, LENGTH, random);
    const leaves = randomHoldings(leafCount, workerCount, random);
    const exchanges = await exchangesOf(leaves, gradients, wire);
    workers = await startGrpcWorkers(exchanges);
    const order = { ...STEP, leafCount, exampleCount: EXAMPLES, leaves };
    const expected = await aloneOf(gradients, wire);
    for (const gradient of await reduceOverGrpc(exchanges, workers, order)) {
      expect(bytesOf(gradient).equals(expected)).toBe(true);
    }
    workers.close();
  }
});

test('32 workers with 40 elements get the bytes of one', async () => {
  const random = randomNumbers(12);
  const gradients = leafGradients(7, 40, random);
  const leaves = randomHoldings(7, 32, random);
  const exchanges = await exchangesOf(leaves, gradients);
  workers = await startGrpcWorkers(exchanges);
  const order = { ...STEP, leafCount: 7, exampleCount: EXAMPLES, leaves };
  const expected = await aloneOf(gradients);
  for (const gradient of await reduceOverGrpc(exchanges, workers, order)) expect(bytesOf(gradient)).toEqual(expected);
});

describe('a flipped byte', () => {
  /** Rank 1 flips a byte of some of the frames that it sends. */
  const flipping =
    (method: 'pullSums' | 'pullReduced', isDamaged: (frame: number) => boolean) =>
    (service: TensorServiceImplementation, rank: number): TensorServiceImplementation => {
      let sent = 0;
      const damaged: TensorServiceImplementation['pullSums'] = async function* (request) {
        for await (const makeFrame of service[method](request)) {
          yield (link) => {
            const [header, payload] = makeFrame(link);
            if (rank !== 1 || !isDamaged(sent++)) return [header, payload];
            const damagedPayload = Uint8Array.from(payload);
            damagedPayload[payload.length - 7]! ^= 4;
            return [header, damagedPayload];
          };
        }
      };
      return { ...service, [method]: damaged };
    };

  const leaves = [[{ start: 0, end: 2 }], [{ start: 2, end: 5 }]];
  const gradients = leafGradients(5, LENGTH, randomNumbers(13));
  const order = { ...STEP, leafCount: 5, exampleCount: EXAMPLES, leaves };

  test.each(['pullSums', 'pullReduced'] as const)('of %s is named and pulled again, once', async (method) => {
    const exchanges = await exchangesOf(leaves, gradients);
    workers = await startGrpcWorkers(exchanges, { link: NETWORK, changed: flipping(method, (frame) => frame === 2) });
    const damages: string[] = [];
    const [gradient] = await reduceOverGrpc(exchanges, workers, order, (damage) => damages.push(damage));
    expect(bytesOf(gradient!).equals(await aloneOf(gradients))).toBe(true);
    expect(damages).toEqual([
      expect.stringMatching(/^worker-1: the checksum is wrong of elements \d+ to \d+ of tree node \d:\d$/),
    ]);
  });

  test('that comes again ends the reduction and names the worker', async () => {
    const exchanges = await exchangesOf(leaves, gradients);
    workers = await startGrpcWorkers(exchanges, { link: NETWORK, changed: flipping('pullSums', (frame) => frame > 1) });
    await expect(reduceOverGrpc(exchanges, workers, order)).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringMatching(/^could not pull gradients from worker-1 at .*damaged again/),
      peer: { workerId: 'worker-1' },
    });
  });
});

describe('over links of 10 ms each way', () => {
  test('and 32 MiB/s, all workers get the bytes of one', async () => {
    const gradients = leafGradients(6, LENGTH, randomNumbers(14));
    const leaves = [[{ start: 0, end: 1 }], [{ start: 1, end: 4 }], [{ start: 4, end: 6 }]];
    const exchanges = await exchangesOf(leaves, gradients);
    const link = { delayMs: 10, bytesPerSecond: 32 * 1024 * 1024 };
    workers = await startGrpcWorkers(exchanges, { link });
    const expected = await aloneOf(gradients);
    const order = { ...STEP, leafCount: 6, exampleCount: EXAMPLES, leaves };
    for (const gradient of await reduceOverGrpc(exchanges, workers, order)) {
      expect(bytesOf(gradient).equals(expected)).toBe(true);
    }
  });

  test('a pull is not held up by the window: 16 MiB need no 5 s, as they would with 64 KiB', async () => {
    const gradient = new Float32Array(4 * 1024 * 1024);
    const exchange = await exchangeWith([{ start: 0, end: 1 }], [gradient], STEP);
    workers = await startGrpcWorkers([exchange], { link: { delayMs: 10 } });
    const { signal } = new AbortController();
    const { peers, close } = connectPeers(workers.members, {}, signal);
    const startMs = performance.now();
    let elements = 0;
    for await (const frame of peers[0]!.pullSums(STEP, { offset: 0, length: gradient.length }, anyMemory, signal)) {
      elements += frame.length;
    }
    close();
    expect(elements).toBe(gradient.length);
    expect(performance.now() - startMs).toBeLessThan(2500);
  });
});

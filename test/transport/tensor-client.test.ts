/** Pulls whose payloads are received in memory of the caller's. */
import { afterEach, expect, test } from 'vitest';
import { CHUNK_ELEMENTS, chunksOf, elementBytes } from '../../core/tensor-chunks.js';
import { createTensorClient, type TensorClient } from '../../proto/transport/tensor-client.js';
import { decodeFrame, encodeFrame, type MemoryFor } from '../../proto/transport/tensor-frame.js';
import type { TensorServiceImplementation } from '../../proto/transport/tensor-service.js';
import { startSlowLink } from '../support/slow-link.js';
import { startTensorServer } from '../support/tensor-server.js';

/** Eight frames and a short one. */
const LENGTH = 8 * CHUNK_ELEMENTS + 5;
const RANGE = { offset: 0, length: LENGTH };
const REQUEST = { generation: 1, step: 1, ...RANGE };
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Of a worker that gives these elements. */
async function clientOf(elements: Float32Array, way: 'local' | 'network'): Promise<TensorClient> {
  const header = { generation: 1, step: 1, level: 0, index: 0, nodeCount: 1, elementType: 'float32' } as const;
  const service: Pick<TensorServiceImplementation, 'pullReduced'> = {
    async *pullReduced() {
      for (const chunk of chunksOf(RANGE)) {
        yield (link) => encodeFrame({ ...header, ...chunk }, elementBytes(elements.buffer, chunk), link);
      }
    },
  };
  const server = await startTensorServer(service as TensorServiceImplementation);
  const link = await startSlowLink(server.address, { delayMs: 0 });
  const client = createTensorClient(way === 'local' ? server.address : link.address, {});
  closers.push(server.close, link.close, client.close);
  return client;
}

const memoryIn =
  (memory: Float32Array): MemoryFor =>
  ({ offset }, bytes) =>
    new Uint8Array(memory.buffer, offset * 4, bytes);

async function messagesOf(messages: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of messages) count += 1;
  return count;
}

test.each(['local', 'network'] as const)('over a %s socket all bytes are received where they belong', async (way) => {
  const elements = Float32Array.from({ length: LENGTH }, (_, i) => i);
  const client = await clientOf(elements, way);
  const memory = new Float32Array(new SharedArrayBuffer(LENGTH * 4));
  for await (const message of client.pullReduced(REQUEST, memoryIn(memory), new AbortController().signal)) {
    expect(decodeFrame(message)).not.toHaveProperty('damage');
    expect(message.payload.buffer).toBe(memory.buffer);
  }
  expect(Buffer.from(memory.buffer).equals(Buffer.from(elements.buffer))).toBe(true);
});

test.each(['local', 'network'] as const)('a pull over a %s socket that was ended writes nothing more', async (way) => {
  const client = await clientOf(new Float32Array(LENGTH), way);
  const memory = new Float32Array(LENGTH);
  const ending = new AbortController();
  let frames = 0;
  const endInSecond: MemoryFor = (header, bytes) => {
    frames += 1;
    // When the next read is on its way to the memory of this frame.
    if (frames === 2) {
      queueMicrotask(() => {
        ending.abort();
        memory.fill(7);
      });
    }
    return memoryIn(memory)(header, bytes);
  };
  await expect(messagesOf(client.pullReduced(REQUEST, endInSecond, ending.signal))).rejects.toThrow();
  const { signal } = new AbortController();
  expect(await messagesOf(client.pullReduced(REQUEST, memoryIn(new Float32Array(LENGTH)), signal))).toBe(9);
  expect(memory.every((element) => element === 7)).toBe(true);
});

import { expect, test } from 'vitest';
import { encodeFrame, type TensorFrame } from '../../proto/transport/tensor-frame.js';
import type { FrameMaker } from '../../proto/transport/tensor-service.js';
import { countedPeer, countedService } from './count-traffic.js';
import { createTraffic } from './traffic.js';

const HEADER = {
  elementType: 'float32',
  level: 0,
  index: 0,
  nodeCount: 1,
  generation: 1,
  step: 1,
  offset: 0,
  length: 2,
} as const;
const PAYLOAD = new Uint8Array(8);
const SLICE = { offset: 0, length: 4 };
const LINK = { isLocal: true };

async function* received(): AsyncGenerator<TensorFrame> {
  yield { ...HEADER, payload: PAYLOAD };
  yield { ...HEADER, offset: 2, payload: PAYLOAD };
}

async function* served(): AsyncGenerator<FrameMaker> {
  yield (link) => encodeFrame(HEADER, PAYLOAD, link);
  yield (link) => encodeFrame({ ...HEADER, offset: 2 }, PAYLOAD, link);
}

test('the bytes that a peer sends are counted as they come, and passed on', async () => {
  const traffic = createTraffic();
  let frames = 0;
  const peer = countedPeer({ rank: 1, pullSums: received, pullReduced: received }, traffic, () => frames++);
  const offsets: number[] = [];
  const { signal } = new AbortController();
  const places = () => () => new Uint8Array(PAYLOAD.length);
  for await (const { offset } of peer.pullSums({ generation: 1, step: 1 }, SLICE, places, signal)) offsets.push(offset);
  for await (const { offset } of peer.pullReduced({ generation: 1, step: 1 }, SLICE, places, signal))
    offsets.push(offset);
  expect([offsets, frames, traffic.read().receivedBytes]).toEqual([[0, 2, 0, 2], 4, 32]);
});

test('what is served is counted when it is made, but not for who only observes', async () => {
  const traffic = createTraffic();
  const service = countedService({ pullSums: served, pullReduced: served }, traffic);
  const take = async (frames: AsyncIterable<FrameMaker>) => {
    for await (const make of frames) make(LINK);
  };
  await take(service.pullSums({ generation: 1, step: 1, ...SLICE }));
  await take(service.pullReduced({ generation: 1, step: 1, ...SLICE }));
  expect(traffic.read().sentBytes).toBe(32);
  await take(service.pullReduced({ generation: 0, step: 1, ...SLICE }));
  expect(traffic.read().sentBytes).toBe(32);
});

test('another thread with the same memory reads what was counted', () => {
  const here = createTraffic();
  here.add('reductions', 2);
  here.add('reduceMicroseconds', 1500.4);
  expect(createTraffic(here.shared).read()).toMatchObject({ reductions: 2, reduceMicroseconds: 1500, sentBytes: 0 });
});

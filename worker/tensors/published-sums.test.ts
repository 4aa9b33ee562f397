import { expect, test } from 'vitest';
import { createPublishedSums } from './published-sums.js';

const STEP = { generation: 2, step: 7 };
const SUMS = [{ node: { level: 0, index: 3 }, sum: new SharedArrayBuffer(4) }];

test('sums can be pulled once they are handed over, not when their step begins', async () => {
  const sums = createPublishedSums(1, 'float32');
  const order: string[] = [];
  const arrival = sums.arrival(STEP).then(() => order.push('arrived'));
  sums.begin(STEP, 4);
  await new Promise(setImmediate);
  order.push('published');
  sums.publish(SUMS);
  await arrival;
  expect(order).toEqual(['published', 'arrived']);
  expect(sums.held()).toEqual(SUMS);
});

test('whoever waits for a step that is over is refused', async () => {
  const sums = createPublishedSums(1, 'float32');
  sums.begin(STEP, 4);
  const arrival = sums.arrival(STEP);
  sums.begin({ generation: 3, step: 7 }, 4);
  await expect(arrival).rejects.toMatchObject({ code: 'PROTOCOL' });
  expect(sums.held()).toEqual([]);
});

test('nobody waits any more when the worker leaves', async () => {
  const sums = createPublishedSums(1, 'float32');
  sums.begin(STEP, 4);
  const arrival = sums.arrival(STEP);
  sums.fail(new Error('this worker leaves'));
  await expect(arrival).rejects.toThrow('this worker leaves');
});

import { expect, test } from 'vitest';
import { createQueue } from './async-queue.js';

test('items come out in the order they went in, also when the reader was there first', async () => {
  const queue = createQueue<number>();
  const first = queue.next();
  queue.push(1);
  queue.push(2);
  expect(await first).toBe(1);
  expect(await queue.next()).toBe(2);
});

test('what was queued before the end is still delivered', async () => {
  const queue = createQueue<number>();
  queue.push(1);
  queue.end();
  queue.push(2);
  const received: number[] = [];
  for await (const item of queue) received.push(item);
  expect(received).toEqual([1]);
});

test('a failure ends a wait that has begun and every later one, with the first error', async () => {
  const queue = createQueue<number>();
  const waiting = queue.next();
  queue.push(1);
  queue.fail(new Error('first'));
  queue.fail(new Error('second'));
  await expect(waiting).rejects.toThrow('first');
  await expect(queue.next()).rejects.toThrow('first');
});

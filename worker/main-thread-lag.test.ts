import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { watchLag } from './main-thread-lag.js';

test('what holds the thread up is its lag', async () => {
  const stop = watchLag();
  await wait(20);
  const startMs = performance.now();
  while (performance.now() < startMs + 80);
  await wait(20);
  const { mainThreadLagP99Ms, mainThreadLagMaxMs } = stop();
  expect(mainThreadLagMaxMs).toBeGreaterThanOrEqual(60);
  expect(mainThreadLagP99Ms).toBe(mainThreadLagMaxMs);
});

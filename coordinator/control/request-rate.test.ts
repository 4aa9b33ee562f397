import { expect, it } from 'vitest';
import { afterRequest, freshRate, type RequestRate } from './request-rate.js';

/** How many of so many requests are looked at. */
function admitted(requests: number, rate: RequestRate, nowMs: number): { count: number; rate: RequestRate } {
  let count = 0;
  for (let i = 0; i < requests; i++) {
    const next = afterRequest(rate, nowMs);
    if (next) count++;
    rate = next ?? rate;
  }
  return { count, rate };
}

it('20 requests are looked at, and as many each second', () => {
  const first = admitted(100, freshRate(0), 0);
  expect(first.count).toBe(20);
  const halfASecondLater = admitted(100, first.rate, 500);
  expect(halfASecondLater.count).toBe(10);
  expect(admitted(100, halfASecondLater.rate, 60_000).count).toBe(20);
});

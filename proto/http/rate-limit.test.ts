import { expect, test } from 'vitest';
import { createRateLimit } from './rate-limit.js';

test('an address may ask as often as the burst allows, then as fast as the bucket fills', () => {
  const limit = createRateLimit({ burst: 3, perSecond: 2 });
  expect([0, 0, 0].map((atMs) => limit.take('a', atMs))).toEqual([0, 0, 0]);
  expect(limit.take('a', 0)).toBe(0.5);
  expect(limit.take('a', 500)).toBe(0);
  expect(limit.take('a', 500)).toBe(0.5);
});

test('one address does not use up what another may ask', () => {
  const limit = createRateLimit({ burst: 1, perSecond: 1 });
  expect(limit.take('a', 0)).toBe(0);
  expect(limit.take('a', 0)).toBeGreaterThan(0);
  expect(limit.take('b', 0)).toBe(0);
});

test('the address that was not heard of for longest is the one that is forgotten', () => {
  const limit = createRateLimit({ burst: 1, perSecond: 0.001 });
  for (let i = 0; i < 1024; i++) limit.take(`address ${i}`, 0);
  expect(limit.take('address 0', 0)).toBeGreaterThan(0);
  limit.take('one more', 0);
  expect(limit.take('address 0', 0)).toBeGreaterThan(0);
  expect(limit.take('address 1', 0)).toBe(0);
});

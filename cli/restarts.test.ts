import { expect, test } from 'vitest';
import { delayMs, isHopeless } from './restarts.js';

test('a worker that is killed or runs out of memory has hope, one without a model has none', () => {
  expect([undefined, 1, 7, 9].map(isHopeless)).toEqual([false, false, false, false]);
  expect([2, 3, 4, 5].map(isHopeless)).toEqual([true, true, true, true]);
});

test('the wait doubles, up to ten seconds', () => {
  expect([0, 1, 2, 5, 9].map(delayMs)).toEqual([250, 500, 1000, 8000, 10_000]);
});

import { expect, test } from 'vitest';
import { isDue } from './due.js';

test('steps that divide evenly are published, once, and never the base model', () => {
  const due = (step: number, published = 0) => isDue(step, 0, { step: published, atMs: 0 }, { everySteps: 5 });
  expect([0, 1, 4, 5, 6, 10].filter((step) => due(step))).toEqual([5, 10]);
  expect(due(5, 5)).toBe(false);
});

test('the first step after so many minutes is published', () => {
  const due = (nowMs: number) => isDue(7, nowMs, { step: 3, atMs: 1000 }, { everyMinutes: 2 });
  expect([120_999, 121_000].map(due)).toEqual([false, true]);
});

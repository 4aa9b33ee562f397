import { expect, test } from 'vitest';
import { backOffMs } from './back-off.js';

test('waits double from 100 ms to 1 s, and chance takes up to half of each', () => {
  const attempts = [0, 1, 2, 3, 4, 5, 20];
  expect(attempts.map((attempt) => backOffMs(attempt, 1))).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
  expect(attempts.map((attempt) => backOffMs(attempt, 0))).toEqual([50, 100, 200, 400, 500, 500, 500]);
});

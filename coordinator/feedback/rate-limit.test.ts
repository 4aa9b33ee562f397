import { expect, test } from 'vitest';
import { fullAllowance, takeRows } from './rate-limit.js';

test('rows pass while something is left, then they have to wait until that is filled up again', () => {
  const burst = takeRows(fullAllowance(2, 0), 24, 2, 0);
  expect(burst).toEqual({ allowance: { rows: -4, atMs: 0 } });
  const { allowance } = burst as Extract<typeof burst, { allowance: object }>;
  expect(takeRows(allowance, 1, 2, 0)).toEqual({ retrySeconds: 2 });
  expect(takeRows(allowance, 1, 2, 2000)).toEqual({ retrySeconds: 1 });
  expect(takeRows(allowance, 1, 2, 2500)).toEqual({ allowance: { rows: 0, atMs: 2500 } });
});

test('a long silence allows no more than a burst', () => {
  expect(takeRows(fullAllowance(2, 0), 5, 2, 1e9)).toEqual({ allowance: { rows: 15, atMs: 1e9 } });
});

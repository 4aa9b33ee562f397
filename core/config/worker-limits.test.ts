import { expect, test } from 'vitest';
import { RunConfigSchema } from './schema.js';
import { workerLimits } from './worker-limits.js';

function limits(workers: unknown) {
  const config = { model: 'm', output: 'o', data: { train: 't' }, ...(workers !== undefined && { workers }) };
  return workerLimits(RunConfigSchema.parse(config));
}

test('a number is how many start; one is enough to go on', () => {
  expect(limits(undefined)).toEqual({ start: 2, min: 1, max: 64, waitMs: 600_000 });
  expect(limits(4)).toEqual({ start: 4, min: 1, max: 64, waitMs: 600_000 });
});

test('limits start with the minimum, unless they say otherwise', () => {
  expect(limits({ min: 3, max: 8 })).toEqual({ start: 3, min: 3, max: 8, waitMs: 600_000 });
  expect(limits({ start: 5, min: 3, waitSeconds: 30 })).toEqual({ start: 5, min: 3, max: 64, waitMs: 30_000 });
});

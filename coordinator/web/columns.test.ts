import { expect, test } from 'vitest';
import { exampleMetrics } from '../../test/builders/example-metrics.js';
import { stepEvent } from '../events/metrics-events.js';
import { createColumns } from './columns.js';

const metricsOf = (loss: number) => stepEvent(exampleMetrics({ loss })).metrics;

test('steps are kept by their number, also when some are missing or have no metrics', () => {
  const columns = createColumns();
  columns.add(2, metricsOf(0.5));
  columns.add(3, null);
  columns.add(3000, metricsOf(0.25));
  expect(columns.last()).toBe(3000);
  expect([1, 2, 3, 3000].map((step) => columns.of('loss')[step - 1])).toEqual([Number.NaN, 0.5, Number.NaN, 0.25]);
  expect(columns.of('step_seconds')[1]).toBe(2);
});

test('what is forgotten leaves nothing behind, and is counted', () => {
  const columns = createColumns();
  for (const step of [1, 2, 3]) columns.add(step, metricsOf(step));
  columns.cutBack(3);
  expect(columns.cuts()).toBe(0);
  columns.cutBack(1);
  columns.add(3, metricsOf(7));
  expect([...columns.of('loss').subarray(0, 3)]).toEqual([1, Number.NaN, 7]);
  expect(columns.cuts()).toBe(1);
});

import { expect, test } from 'vitest';
import { exampleMetrics } from '../../test/builders/example-metrics.js';
import { stepEvent } from '../events/metrics-events.js';
import { type Columns, createColumns } from './columns.js';
import { curvesOf, gridOf } from './curves.js';

function columnsOf(steps: number, lossOf: (step: number) => number | null): Columns {
  const columns = createColumns();
  for (let step = 1; step <= steps; step++) {
    const metrics = { ...exampleMetrics({ 'kl/raw': step, 'kl/stderr': 0.5 }), loss: lossOf(step) as number };
    columns.add(step, stepEvent(metrics).metrics);
  }
  return columns;
}

test('few steps are told one by one', () => {
  const { steps, size, curves } = curvesOf(
    columnsOf(3, (step) => step),
    gridOf(1, 3, 500),
  );
  expect({ steps, size, loss: curves.loss }).toEqual({
    steps: [1, 2, 3],
    size: 1,
    loss: { mean: [1, 2, 3], low: [1, 2, 3], high: [1, 2, 3] },
  });
});

test('many steps become buckets that still show a single spike', () => {
  const columns = columnsOf(100_000, (step) => (step === 61_234 ? 9 : 0.5));
  const { steps, size, curves } = curvesOf(columns, gridOf(1, 100_000, 500));
  expect([steps.length, size, steps.at(-1)]).toEqual([500, 200, 100_000]);
  expect(curves.loss!.high.indexOf(9)).toBe(Math.floor(61_233 / 200));
  expect(curves.loss!.low.every((value) => value === 0.5)).toBe(true);
});

test('the error band is the mean of its edges', () => {
  const { curves } = curvesOf(
    columnsOf(4, () => 1),
    gridOf(1, 4, 2),
  );
  expect(curves['kl/band']).toEqual({ mean: [1.5, 3.5], low: [1, 3], high: [2, 4] });
});

test('a stretch is told in its own buckets, and not beyond the last step', () => {
  const columns = columnsOf(10, (step) => step);
  const { steps, curves } = curvesOf(columns, gridOf(4, 13, 5));
  expect(steps).toEqual([5, 7, 9, 10]);
  expect(curves.loss!.mean).toEqual([4.5, 6.5, 8.5, 10]);
});

test('where no step has a number there is a hole', () => {
  const { curves } = curvesOf(
    columnsOf(4, (step) => (step > 2 ? null : step)),
    gridOf(1, 4, 2),
  );
  expect(curves.loss!.mean).toEqual([1.5, null]);
});

test('a run without steps has curves without points', () => {
  expect(curvesOf(createColumns(), gridOf(1, 1, 500)).steps).toEqual([]);
});

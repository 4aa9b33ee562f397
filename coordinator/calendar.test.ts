import { expect, test } from 'vitest';
import { testConfig } from '../test/support/rows.js';
import { calendarOf, positionOf } from './calendar.js';

test.each([
  ['one epoch', 20, { epochs: 1 }, 3],
  ['two and a half epochs', 20, { epochs: 2.5 }, 8],
  ['less than a step', 20, { epochs: 0.01 }, 1],
  ['a product that rounds up', 80, { epochs: 0.3 }, 3],
  ['a cap', 20, { epochs: 9, maxSteps: 4 }, 4],
  ['a cap beyond the epochs', 20, { epochs: 1, maxSteps: 40 }, 3],
])('%s', (_, rows, training, totalSteps) => {
  const config = testConfig({ training: { globalBatch: 8, ...training } });
  expect(calendarOf(rows, config).totalSteps).toBe(totalSteps);
});

test('steps count through the epochs', () => {
  const calendar = { stepsPerEpoch: 3, totalSteps: 8 };
  expect(positionOf(1, calendar)).toEqual({ step: 1, epoch: 0, stepInEpoch: 0 });
  expect(positionOf(3, calendar)).toEqual({ step: 3, epoch: 0, stepInEpoch: 2 });
  expect(positionOf(7, calendar)).toEqual({ step: 7, epoch: 2, stepInEpoch: 0 });
});

test('sft without desirable rows is refused, with the reason', () => {
  const config = testConfig({ loss: { type: 'sft' } });
  expect(() => calendarOf(0, config)).toThrow(/no desirable rows/);
});

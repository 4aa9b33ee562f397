import { expect, test } from 'vitest';
import { addCommon, createCommonReferences } from './common.js';
import { createReferenceTable } from './table.js';

const line = (step: number, attempt = 0) => ({
  step,
  attempt,
  rows: [step],
  logps: [-step],
  pairs: [2 * step],
  pairLogps: [-2 * step],
});

test('steps are common from the first one on, without a gap', () => {
  const common = createCommonReferences(createReferenceTable(10, 20));
  for (const step of [1, 2, 2, 4]) addCommon(common, line(step));
  expect(common.steps).toBe(2);
  expect([...common.table.matched.slice(1, 5)]).toEqual([-1, -2, Number.NaN, Number.NaN]);
  expect([...common.table.mismatched.slice(2, 5)]).toEqual([-2, Number.NaN, -4]);
});

test('no step is, once a row is set aside', () => {
  const common = createCommonReferences(createReferenceTable(10, 20));
  addCommon(common, line(1));
  for (const step of [2, 3]) addCommon(common, line(step, 1));
  expect(common.steps).toBe(1);
  expect(common.table.matched[2]).toBeNaN();
});

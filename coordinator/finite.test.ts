import { expect, test } from 'vitest';
import { rowsNotFinite } from './finite.js';

const score = (row: number, policyLogp: number, referenceLogp: number) => {
  return { row, policyLogp, referenceLogp, entropySum: 0, logitSum: 0 };
};

test('rows are named once each, by the scores that were asked for', () => {
  const scores = [
    score(3, Number.NaN, 0),
    score(1, 0, 0),
    score(3, 0, Number.NaN),
    score(2, 0, Number.POSITIVE_INFINITY),
  ];
  expect(rowsNotFinite(scores, { policy: true, reference: true })).toEqual([3, 2]);
  expect(rowsNotFinite(scores, { policy: true, reference: false })).toEqual([3]);
});

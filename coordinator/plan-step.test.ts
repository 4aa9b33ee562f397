import { expect, test } from 'vitest';
import { rowSource, testConfig, testRows } from '../test/support/rows.js';
import { calendarOf, positionOf } from './calendar.js';
import { evaluationParts } from './evaluation-parts.js';
import { planStep, sftScaleOf, trainingRowCount } from './plan-step.js';

const ROWS = rowSource(testRows(30));

function plan(config = testConfig({ training: { globalBatch: 8 } }), step = 1) {
  return planStep(ROWS, config, positionOf(step, calendarOf(trainingRowCount(ROWS, config), config)));
}

test('an epoch has every row once', () => {
  const rows = [1, 2, 3, 4].flatMap((step) => plan(undefined, step).matched.sequences.map(({ row }) => row));
  expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, row) => row));
});

test('a mismatched pair has the row’s prompt and the completion of another row with another prompt', () => {
  const { matched, mismatched, pairing } = plan();
  expect(mismatched.sequences.map(({ row }) => row)).toEqual(matched.sequences.map(({ row }) => row));
  expect(pairing).toEqual({ ownCompletion: 0, samePrompt: 0 });
  for (const [i, pair] of mismatched.sequences.entries()) {
    const own = matched.sequences[i]!;
    const prompt = ROWS.tokens(own.row).prompt;
    expect(pair.tokenIds.subarray(0, pair.promptLength)).toEqual(prompt);
    expect(pair.tokenIds.subarray(pair.promptLength)).not.toEqual(own.tokenIds.subarray(own.promptLength));
  }
});

test('rows set aside are left out; the other pairs stay as they were', () => {
  const config = testConfig({ training: { globalBatch: 8 } });
  const at = positionOf(1, calendarOf(trainingRowCount(ROWS, config), config));
  const whole = planStep(ROWS, config, at);
  const { row } = whole.matched.sequences[3]!;
  const { matched, mismatched, pairPositions } = planStep(ROWS, config, at, new Set([row]));
  expect(matched.sequences).toEqual(whole.matched.sequences.filter((sequence) => sequence.row !== row));
  expect(mismatched.sequences).toEqual(pairPositions.map((position) => whole.mismatched.sequences[position]));
  expect(pairPositions.length).toBeGreaterThan(3);
  expect(pairPositions).not.toContain(3);
});

test('apo_zero_unpaired has no mismatched pairs', () => {
  const config = testConfig({ loss: { type: 'apo_zero_unpaired' }, training: { globalBatch: 8 } });
  expect(plan(config).mismatched.sequences).toEqual([]);
});

test.each(['shuffled', 'file'])('sft trains on desirable rows alone, in %s order', (order) => {
  const config = testConfig({ loss: { type: 'sft' }, data: { order }, training: { globalBatch: 8 } });
  const { matched } = plan(config, 2);
  expect(matched.sequences.length).toBeGreaterThan(0);
  expect(matched.sequences.every(({ row }) => ROWS.desirable(row))).toBe(true);
  expect(sftScaleOf(matched)).toBe(1);
});

test('the sft scale is rows over desirable rows', () => {
  const { matched } = plan();
  const desirable = matched.sequences.filter((sequence) => sequence.desirable).length;
  expect(sftScaleOf(matched)).toBe(matched.sequences.length / desirable);
});

test.each([
  [16, [8, 8]],
  [17, [8, 9]],
  [18, [8, 8, 2]],
  [3, [3]],
])('%d held-out rows are evaluated in parts of which none is a single row', (size, sizes) => {
  const config = testConfig({ training: { globalBatch: 8 } });
  const parts = [...evaluationParts(rowSource(testRows(size)), config)];
  expect(parts.map(({ matched }) => matched.sequences.length)).toEqual(sizes);
});

import { describe, expect, test } from 'vitest';
import { fixedPartners } from '../core/order/fixed-pairs.js';
import { rowSource, testConfig, testRows } from '../test/support/rows.js';
import { calendarOf, positionOf } from './calendar.js';
import { evaluationParts } from './evaluation-parts.js';
import { type PlannedStep, planStep, sftScaleOf, trainingRowCount } from './plan-step.js';

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
  const { matched, mismatched, pairPlaces } = planStep(ROWS, config, at, new Set([row]));
  expect(matched.sequences).toEqual(whole.matched.sequences.filter((sequence) => sequence.row !== row));
  expect(mismatched.sequences).toEqual(pairPlaces.map((position) => whole.mismatched.sequences[position]));
  expect(pairPlaces.length).toBeGreaterThan(3);
  expect(pairPlaces).not.toContain(3);
});

describe('fixed pairs', () => {
  const config = testConfig({ data: { pairs: 'fixed' }, training: { globalBatch: 8, epochs: 2 } });
  const steps = Array.from({ length: 8 }, (_, i) => plan(config, i + 1));
  const pairOf = (of: readonly PlannedStep[]) =>
    new Map(of.flatMap(({ mismatched }) => mismatched.sequences.map((pair) => [pair.row, pair])));

  test('are the same in every epoch, and kept by row', () => {
    expect(pairOf(steps.slice(0, 4)).size).toBe(30);
    expect(pairOf(steps.slice(4))).toEqual(pairOf(steps.slice(0, 4)));
    for (const { mismatched, pairPlaces } of steps)
      expect(pairPlaces).toEqual(mismatched.sequences.map(({ row }) => row));
  });

  test('take a completion from any row, of another prompt', () => {
    expect(steps.map(({ pairing }) => pairing)).toEqual(new Array(8).fill({ ownCompletion: 0, samePrompt: 0 }));
    const partners = fixedPartners(30, ROWS.promptKey, config.training.seed);
    const inBatch = new Set(steps[0]!.matched.sequences.map(({ row }) => row));
    expect([...inBatch].some((row) => !inBatch.has(partners[row]!))).toBe(true);
  });

  test('are left out with either of their rows', () => {
    const at = positionOf(1, calendarOf(30, config));
    const partners = fixedPartners(30, ROWS.promptKey, config.training.seed);
    const [first] = steps[0]!.mismatched.sequences;
    const without = (row: number) => planStep(ROWS, config, at, new Set([row])).pairPlaces;
    expect(without(first!.row)).not.toContain(first!.row);
    expect(without(partners[first!.row]!)).not.toContain(first!.row);
  });

  test('of an evaluation are drawn by part as ever', () => {
    const drawn = testConfig({ training: { globalBatch: 8 } });
    const pairsOf = (of: typeof config) => [...evaluationParts(ROWS, of)].map(({ mismatched }) => mismatched.sequences);
    expect(pairsOf(config)).toEqual(pairsOf(drawn));
  });
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

import { expect, test } from 'vitest';
import {
  type Batch,
  checkScores,
  completeScores,
  costsOf,
  cutBatch,
  EMPTY_BATCH,
  keepScores,
  microbatchMessages,
  noScores,
} from './batch.js';

const LENGTHS = [5, 9, 2, 7, 3, 9, 4];

function batch(): Batch {
  const sequences = LENGTHS.map((length, row) => ({
    row: row + 10,
    desirable: row % 2 === 0,
    tokenIds: Uint32Array.from({ length }, (_, i) => i),
    promptLength: 1,
  }));
  return cutBatch(sequences, { tokens: 18 });
}

function score(row: number, policyLogp = row) {
  return { row, policyLogp, referenceLogp: 0, entropySum: 0, logitSum: 0 };
}

/** Rows of each microbatch. */
function rowsOf(cut: Batch): number[][] {
  const all = cut.microbatches.map((_, number) => number);
  return microbatchMessages(cut, all, () => undefined).map(({ sequences }) => sequences.map(({ row }) => row));
}

test('scores come back in the order of the batch, in whatever order microbatches are finished', () => {
  const cut = batch();
  const scores = noScores(cut);
  for (const [number, rows] of [...rowsOf(cut).entries()].reverse()) {
    keepScores(
      cut,
      number,
      rows.map((row) => score(row)),
      scores,
    );
  }
  expect(completeScores(scores).map(({ row }) => row)).toEqual([10, 11, 12, 13, 14, 15, 16]);
});

test('a microbatch that is reported twice counts once', () => {
  const cut = batch();
  const scores = noScores(cut);
  const [rows] = rowsOf(cut);
  for (const logp of [1, 2])
    keepScores(
      cut,
      0,
      rows!.map((row) => score(row, logp)),
      scores,
    );
  expect(scores.filter((kept) => kept !== undefined).map(({ policyLogp }) => policyLogp)).toEqual(rows!.map(() => 1));
});

test('token ids travel as little-endian bytes, known reference log-probs beside them', () => {
  const [first] = microbatchMessages(batch(), [0], (position) => -position);
  const [sequence] = first!.sequences;
  expect(first!.number).toBe(0);
  expect(sequence).toMatchObject({ row: 11, promptLength: 1, desirable: false, referenceLogp: -1 });
  expect([...sequence!.tokenIds.subarray(0, 8)]).toEqual([0, 0, 0, 0, 1, 0, 0, 0]);
});

test.each([
  ['a score is missing', 0, [11]],
  ['scores are out of order', 0, [15, 11]],
  ['a score is too many', 0, [11, 15, 13]],
  ['there is no such microbatch', 9, []],
])('they are refused when %s', (_, number, rows) => {
  const cut = batch();
  expect(rowsOf(cut)[0]).toEqual([11, 15]);
  const scores = rows.map((row) => score(row));
  expect(() => checkScores(cut, number, scores)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
});

test('a microbatch costs its rows times the longest of them', () => {
  expect(costsOf(batch())[0]).toBe(18);
  expect(costsOf(EMPTY_BATCH)).toEqual([]);
});

import { expect, test } from 'vitest';
import { type Batch, cutBatch, EMPTY_BATCH, microbatchMessages, scoresInOrder, shareOut } from './batch.js';

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

function score(row: number) {
  return { row, policyLogp: row, referenceLogp: 0, entropySum: 0, logitSum: 0 };
}

test('scores come back in the order of the batch, however many workers computed them', () => {
  for (const workers of [1, 2, 3, 8]) {
    const cut = batch();
    const reports = shareOut(cut, workers).map((range) =>
      microbatchMessages(cut, range, () => undefined).flatMap(({ sequences }) =>
        sequences.map(({ row }) => score(row)),
      ),
    );
    expect(scoresInOrder(cut, reports).map(({ row }) => row)).toEqual([10, 11, 12, 13, 14, 15, 16]);
  }
});

test('every leaf is given to exactly one worker', () => {
  const cut = batch();
  const leaves = shareOut(cut, 3).flatMap((range) =>
    microbatchMessages(cut, range, () => undefined).map(({ leaf }) => leaf),
  );
  expect(leaves).toEqual(cut.microbatches.map((_, leaf) => leaf));
});

test('token ids travel as little-endian bytes, known reference log-probs beside them', () => {
  const cut = batch();
  const [first] = microbatchMessages(cut, { start: 0, end: 1 }, (position) => -position);
  const [sequence] = first!.sequences;
  expect(sequence).toMatchObject({ row: 11, promptLength: 1, desirable: false, referenceLogp: -1 });
  expect([...sequence!.tokenIds.subarray(0, 8)]).toEqual([0, 0, 0, 0, 1, 0, 0, 0]);
});

test.each([
  ['a score is missing', [10, 11, 12, 13, 14, 15]],
  ['scores are out of order', [10, 11, 12, 13, 14, 16, 15]],
  ['a score is too many', [11, 15, 13, 10, 16, 14, 12, 12]],
])('it is refused when %s', (_, rows) => {
  expect(() => scoresInOrder(batch(), [rows.map(score)])).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
});

test('an empty batch has no shares and no scores', () => {
  expect(shareOut(EMPTY_BATCH, 2).map(({ start, end }) => end - start)).toEqual([0, 0]);
  expect(scoresInOrder(EMPTY_BATCH, [[], []])).toEqual([]);
});

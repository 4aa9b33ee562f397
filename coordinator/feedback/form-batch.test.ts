import { describe, expect, test } from 'vitest';
import { chooseRows, decideBatch, needsMoreRows } from './form-batch.js';

const RULES = { globalBatch: 4, minOfEachClass: 1, maxWaitMs: 1000 };

describe('a batch', () => {
  test('is formed at once when there are enough rows of each class', () => {
    expect(decideBatch({ desirable: 3, undesirable: 1 }, RULES, undefined, 0)).toEqual({ kind: 'form' });
  });

  test('waits for more rows until its deadline, and is smaller then', () => {
    const waiting = { desirable: 1, undesirable: 1 };
    expect(decideBatch(waiting, RULES, 500, 1499)).toMatchObject({ kind: 'wait', untilMs: 1500 });
    expect(decideBatch(waiting, RULES, 500, 1500)).toEqual({ kind: 'form' });
  });

  test('waits on after its deadline while a class is missing, and says which', () => {
    const missing = { desirable: 0, undesirable: 1, any: 0 };
    const decision = decideBatch({ desirable: 9, undesirable: 0 }, RULES, 0, 9e9);
    expect(decision).toEqual({ kind: 'wait', untilMs: undefined, missing });
  });

  test('is never one row alone, also where no class has to be there', () => {
    const rules = { ...RULES, minOfEachClass: 0 };
    expect(decideBatch({ desirable: 1, undesirable: 0 }, rules, 0, 9e9)).toMatchObject({ kind: 'wait' });
    expect(decideBatch({ desirable: 2, undesirable: 0 }, rules, 0, 9e9)).toEqual({ kind: 'form' });
  });
});

describe('the rows of a batch', () => {
  test('are the oldest ones', () => {
    expect(chooseRows([0, 2, 3, 5], [1, 4], RULES)).toEqual([0, 1, 2, 3]);
  });

  test('are so many of each class at least, the oldest of the other class before the newest of this one', () => {
    expect(chooseRows([0, 1, 2, 3, 4], [9, 10], RULES)).toEqual([0, 1, 2, 9]);
    expect(chooseRows([9, 10, 11], [0, 1, 2, 3], { ...RULES, minOfEachClass: 2 })).toEqual([0, 1, 9, 10]);
  });

  test('are all there are when those are fewer', () => {
    expect(chooseRows([3], [1, 2], RULES)).toEqual([1, 2, 3]);
    expect(chooseRows([], [1, 2], { ...RULES, minOfEachClass: 0 })).toEqual([1, 2]);
  });

  test('do not depend on how many came after those that made it whole', () => {
    const [desirable, undesirable] = [
      [0, 1, 2, 3, 6, 7],
      [5, 8, 9],
    ];
    const whole = chooseRows(desirable!, undesirable!, RULES);
    expect(chooseRows([0, 1, 2, 3], [5], RULES)).toEqual(whole);
  });
});

test('reading ahead ends when enough rows wait, but not while a class is missing', () => {
  expect(needsMoreRows({ desirable: 600, undesirable: 400 }, RULES)).toBe(true);
  expect(needsMoreRows({ desirable: 600, undesirable: 600 }, RULES)).toBe(false);
  expect(needsMoreRows({ desirable: 60_000, undesirable: 0 }, RULES)).toBe(true);
});

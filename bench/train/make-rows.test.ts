import { beforeAll, describe, expect, it } from 'vitest';
import { BASE_FOLDER } from '../../examples/quickstart/paths.js';
import { lengthOf } from './flops.js';
import { makeRows } from './make-rows.js';
import { MAX_LENGTH, type RowLength, rowLengths } from './row-lengths.js';

const ROWS = makeRows(512);

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value) / values.length;
}

describe('the rows of the benchmark', () => {
  let lengths: RowLength[];
  beforeAll(async () => {
    lengths = await rowLengths(BASE_FOLDER, ROWS);
  });

  it('are about as long as real ones: 190 tokens, of which 70 the completion', () => {
    expect(Math.abs(mean(lengths.map(lengthOf)) - 190)).toBeLessThan(10);
    expect(Math.abs(mean(lengths.map(({ completion }) => completion)) - 70)).toBeLessThan(5);
  });

  it('reach the longest length, and some are short', () => {
    const all = lengths.map(lengthOf);
    expect(Math.max(...all)).toBeGreaterThan(0.9 * MAX_LENGTH);
    expect(Math.min(...all)).toBeLessThan(60);
  });

  it('begin the same whatever the count, so that longer benchmarks contain shorter ones', () => {
    expect(makeRows(8)).toEqual(ROWS.slice(0, 8));
  });
});

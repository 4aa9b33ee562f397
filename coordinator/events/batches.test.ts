import { describe, expect, it } from 'vitest';
import { gapBefore, nextBatchSize, takeBatch } from './batches.js';

const line = (sequence: number, length = 10) => ({ sequence, kind: 'step' as const, text: 'x'.repeat(length) });

describe('a batch', () => {
  it('grows while all of it gets in, and shrinks when somebody else uses the stream', () => {
    const sizes = [1];
    for (const isWhole of [true, true, true, true, true, true, true, false, false]) {
      sizes.push(nextBatchSize(sizes.at(-1)!, isWhole));
    }
    expect(sizes).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 32, 16]);
    expect(nextBatchSize(1, false)).toBe(1);
  });

  it('holds as many lines as asked for, if they fit', () => {
    expect(takeBatch([line(1), line(2), line(3)], 2)).toHaveLength(2);
    expect(takeBatch([line(1, 700_000), line(2, 700_000)], 2)).toHaveLength(1);
  });

  it('holds a line that is too long for any', () => {
    expect(takeBatch([line(1, 3_000_000), line(2)], 2)).toHaveLength(1);
  });
});

describe('a gap', () => {
  it('is what lies between the last delivered event and the oldest that is left', () => {
    expect(gapBefore(line(12), 4)).toEqual({ from: 5, to: 11 });
  });

  it('is none where the next event is there', () => {
    expect(gapBefore(line(5), 4)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { assignLeaves, cutMicrobatches } from './microbatches.js';
import { hashIntegers } from './order/mix.js';

describe('cutMicrobatches', () => {
  it('sorts by length, longest first, and fills up to rows times longest', () => {
    expect(cutMicrobatches([3, 10, 5, 10, 4], { tokens: 20 })).toEqual([
      [1, 3],
      [2, 4, 0],
    ]);
  });

  it('leaves a sequence over the budget alone', () => {
    expect(cutMicrobatches([50, 5, 5], { tokens: 20 })).toEqual([[0], [1, 2]]);
  });

  it('keeps to the most rows', () => {
    expect(cutMicrobatches([1, 1, 1, 1, 1], { tokens: 100, rows: 2 })).toEqual([[0, 1], [2, 3], [4]]);
  });

  it('gives no microbatch for no rows', () => {
    expect(cutMicrobatches([], { tokens: 100 })).toEqual([]);
  });
});

describe('assignLeaves', () => {
  it('shares equal leaves equally', () => {
    const ranges = assignLeaves(new Array(8).fill(1), [1, 1, 1, 1]);
    expect(ranges.map((range) => range.end - range.start)).toEqual([2, 2, 2, 2]);
  });

  it('gives a worker of three times the speed three times the leaves', () => {
    const ranges = assignLeaves(new Array(8).fill(1), [3, 1]);
    expect(ranges).toEqual([
      { start: 0, end: 6 },
      { start: 6, end: 8 },
    ]);
  });

  it('leaves workers empty-handed when there are more of them than leaves', () => {
    const ranges = assignLeaves([1], [1, 1, 1]);
    expect(ranges.map((range) => range.end - range.start).sort()).toEqual([0, 0, 1]);
  });

  it('covers all leaves in order and finishes as early as the best of all contiguous shares', () => {
    for (let trial = 0; trial < 200; trial++) {
      const costs = Array.from({ length: 1 + (trial % 7) }, (_, i) => 1 + (hashIntegers(trial, i) % 9));
      const speeds = [1, 2, 1].map((speed, i) => speed + (hashIntegers(trial, 9, i) % 2));
      const ranges = assignLeaves(costs, speeds);
      expect(ranges[0]!.start).toBe(0);
      expect(ranges.at(-1)!.end).toBe(costs.length);
      for (let i = 1; i < ranges.length; i++) expect(ranges[i]!.start).toBe(ranges[i - 1]!.end);
      const bounds = ranges.slice(1).map((range) => range.start);
      expect(finishTime(costs, speeds, bounds)).toBeCloseTo(earliestFinish(costs, speeds), 12);
    }
  });
});

function finishTime(costs: number[], speeds: number[], bounds: number[]): number {
  const edges = [0, ...bounds, costs.length];
  const work = (worker: number) => costs.slice(edges[worker], edges[worker + 1]).reduce((sum, cost) => sum + cost, 0);
  return Math.max(...speeds.map((speed, worker) => work(worker) / speed));
}

function earliestFinish(costs: number[], speeds: number[]): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (let a = 0; a <= costs.length; a++) {
    for (let b = a; b <= costs.length; b++) earliest = Math.min(earliest, finishTime(costs, speeds, [a, b]));
  }
  return earliest;
}

/** Work is given by measured speed: how many leaves a slow worker computes among fast ones. */
import { describe, expect, it } from 'vitest';
import { createModel } from './model.js';
import { simulate } from './simulate.js';

const FAST_MS = 10;
const SLOW_MS = 20;
const STEPS = 8;
/** Steps in which speeds are still being measured. */
const MEASURING = 3;

/** Leaves that each worker computed once its speed was known, by worker id. */
function leavesOf(rowMs: readonly number[]): number[] {
  const rows = 120;
  const clean = { badPairs: [], badRows: [], infiniteSteps: [] };
  const model = { ...createModel(1), ...clean, rows, globalBatch: rows, totalSteps: STEPS };
  const workerOf = new Map<number, string>();
  const counts = new Map<string, number>();
  const onTrace = (line: string) => {
    const [, json] = line.match(/event (\{.*)/) ?? [];
    if (!json) return;
    const event = JSON.parse(json) as { kind: string; session: number; workerId: string; step: number };
    if (event.kind === 'joined') workerOf.set(event.session, event.workerId);
    if (event.kind !== 'leafReport' || event.step <= MEASURING) return;
    const workerId = workerOf.get(event.session)!;
    counts.set(workerId, (counts.get(workerId) ?? 0) + 1);
  };
  const run = simulate(1, { faults: 'none', model, rowMs, onTrace });
  expect(run.violations).toEqual([]);
  return rowMs.map((_, i) => counts.get(`w${i + 1}`) ?? 0);
}

describe('a worker at half the speed of the others', () => {
  it.each([1, 2, 3, 7])('computes about half as many leaves as each of %i fast ones', (fast) => {
    const counts = leavesOf([SLOW_MS, ...new Array<number>(fast).fill(FAST_MS)]);
    const [slow, ...others] = counts;
    for (const other of others) {
      expect(slow! / other).toBeGreaterThan(0.4);
      expect(slow! / other).toBeLessThan(0.6);
    }
  });

  it('computes as many as the others when they are as slow', () => {
    const counts = leavesOf([SLOW_MS, SLOW_MS, SLOW_MS]);
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThan(1.1);
  });
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGathering, GATHER_MS } from './gathering.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function gather(wanted: number) {
  const letIn: number[] = [];
  const gathering = createGathering(wanted);
  const ready = (session: number) => gathering.ready(session, () => letIn.push(session));
  return { gathering, ready, letIn };
}

test('workers wait for each other, and later ones for nobody', () => {
  const { ready, letIn } = gather(2);
  ready(1);
  expect(letIn).toEqual([]);
  ready(2);
  expect(letIn).toEqual([1, 2]);
  ready(3);
  expect(letIn).toEqual([1, 2, 3]);
});

test('after some seconds those that are there begin; one that is lost meanwhile is not among them', () => {
  const { gathering, ready, letIn } = gather(3);
  ready(1);
  ready(2);
  gathering.lost(1);
  vi.advanceTimersByTime(GATHER_MS);
  expect(letIn).toEqual([2]);
});

test.each([0, 1])('a run that starts with %d workers waits for none', (wanted) => {
  const { ready, letIn } = gather(wanted);
  ready(1);
  expect(letIn).toEqual([1]);
});

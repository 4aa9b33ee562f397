import { expect, test } from 'vitest';
import type { NewEvent } from '../events/event-line.js';
import { watchRecoveries } from './count-recoveries.js';

const generation = (...workers: string[]): NewEvent => ({ kind: 'generationChanged', generation: 1, workers });
const left = (worker: string): NewEvent => ({ kind: 'workerLeft', worker, session: 1, reason: 'its connection broke' });
const started = (incarnation: number): NewEvent => ({
  kind: 'runStarted',
  incarnation,
  afterStep: 0,
  totalSteps: 10,
  method: 'lora',
  loss: 'kto',
  datasetDigest: '',
});

function causesOf(events: readonly NewEvent[]) {
  const watch = watchRecoveries();
  return events.flatMap((event) => watch.add(event));
}

test('a worker whose connection broke was lost; one that is missed without that has left in order', () => {
  expect(causesOf([generation('a', 'b', 'c'), left('b'), generation('a', 'c')])).toEqual(['worker_lost']);
  expect(causesOf([generation('a', 'b', 'c'), generation('a', 'c'), left('b')])).toEqual(['worker_left']);
});

test('workers that come in, and those that were no members, are nothing to get over', () => {
  expect(causesOf([generation('a'), generation('a', 'b'), left('c'), generation('a', 'b')])).toEqual([]);
});

test('a worker that is thrown out, and a run that goes back, are told apart', () => {
  const expelled: NewEvent = { kind: 'workerExpelled', worker: 'b', session: 2, reason: 'other bits' };
  const wentBack: NewEvent = { kind: 'runWentBack', step: 4, again: 2, stepsAreOthers: false };
  expect(causesOf([generation('a', 'b'), expelled, generation('a'), wentBack])).toEqual([
    'worker_expelled',
    'went_back',
  ]);
});

test('the third coordinator of a run is its second restart', () => {
  expect(causesOf([started(1)])).toEqual([]);
  expect(causesOf([started(3)])).toEqual(['coordinator_restarted', 'coordinator_restarted']);
});

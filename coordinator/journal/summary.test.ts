import { expect, test } from 'vitest';
import { STOPPED_BY_COMMAND } from './command-record.js';
import type { CommitLine, JournalRecord, StartRecord } from './record.js';
import { commitsAfter, summarize } from './summary.js';

function start(incarnation: number, allowed: string[] = []): StartRecord {
  const digests = { configDigest: 'c', datasetDigest: 'd', modelDigest: 'm' };
  return { kind: 'start', runId: 'run', incarnation, ...digests, allowed };
}

function commit(step: number, gradientDigest = `gradient ${step}`): CommitLine {
  const numbers = { attempt: 0, z0: 0, norm: 1, learningRate: 1, skipped: false };
  return { kind: 'commit', step, gradientDigest, ...numbers };
}

test('a run that goes on has its last coordinator, commit, snapshot and rows set aside', () => {
  const records: JournalRecord[] = [
    start(1),
    commit(1),
    { kind: 'setAside', step: 2, rows: [4, 9] },
    { kind: 'snapshot', step: 1 },
    commit(2),
    start(2),
    commit(3),
  ];
  const summary = summarize(records);
  expect(summary).toMatchObject({ incarnation: 2, lastSnapshot: 1, finished: undefined });
  expect(summary.lastCommitted).toEqual(commit(3));
  expect(commitsAfter(summary, 1)).toEqual([commit(2), commit(3)]);
  expect(summary.setAside).toEqual([
    { row: 4, step: 2 },
    { row: 9, step: 2 },
  ]);
});

test('after going back, the later commits are kept to compare with, but do not count', () => {
  const records: JournalRecord[] = [
    start(1),
    commit(1),
    commit(2),
    commit(3),
    start(2),
    { kind: 'restored', step: 1, setAside: [] },
  ];
  expect(summarize(records).lastCommitted).toEqual(commit(1));
  expect(commitsAfter(summarize(records), 1)).toEqual([commit(2), commit(3)]);
  expect(summarize([...records, commit(2)]).lastCommitted).toEqual(commit(2));
});

test('after going back with a change that was allowed, the later commits are void', () => {
  const before: JournalRecord[] = [start(1), commit(1), commit(2), commit(3)];
  const records: JournalRecord[] = [
    ...before,
    start(2, ['training.learningRate']),
    { kind: 'restored', step: 1, setAside: [] },
  ];
  expect(commitsAfter(summarize(records), 0)).toEqual([commit(1)]);
  const again = summarize([...records, commit(2, 'another')]);
  expect(commitsAfter(again, 1)).toEqual([commit(2, 'another')]);
});

test('a finished run is not finished any more when a coordinator takes it up', () => {
  const records: JournalRecord[] = [start(1), commit(1), { kind: 'finished', step: 1, parameterDigest: 'p' }];
  expect(summarize(records).finished).toMatchObject({ step: 1 });
  expect(summarize([...records, start(2)]).finished).toBeUndefined();
});

test('an empty journal has no coordinator', () => {
  expect(summarize([])).toMatchObject({ incarnation: 0, start: undefined, lastCommitted: undefined, commits: [] });
});

test('a run is stopped for all coordinators by a command, and for one by a signal to it', () => {
  const stop = (reason: string): JournalRecord => {
    return { kind: 'command', step: 1, command: { command: 'stop', reason, snapshot: true } };
  };
  expect(summarize([start(1), commit(1), stop('ended by SIGTERM')]).isStopped).toBe(false);
  expect(summarize([start(1), commit(1), stop(STOPPED_BY_COMMAND)]).isStopped).toBe(true);
  expect(summarize([start(1), commit(1), stop(STOPPED_BY_COMMAND), start(2)]).isStopped).toBe(false);
});

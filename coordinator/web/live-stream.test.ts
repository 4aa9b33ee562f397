import { expect, test } from 'vitest';
import { RunConfigSchema } from '../../core/config/schema.js';
import type { RunEvent } from '../../core/events/run-event.js';
import { exampleMetrics } from '../../test/builders/example-metrics.js';
import { stepEvent } from '../events/metrics-events.js';
import { createColumns } from './columns.js';
import { liveStream, parsePlace } from './live-stream.js';
import { createTimeline } from './timeline.js';
import type { ShownStatus, WatchedRun } from './watched-run.js';

const STATUS: ShownStatus = {
  state: 'training',
  step: 3,
  stage: undefined,
  secondsPerStep: 2,
  limits: undefined,
  workers: [],
  snapshotStep: 0,
  alarms: [],
};

function runOf(steps: number): WatchedRun {
  const config = RunConfigSchema.parse({ model: 'm', output: 'o', data: { train: 'd' } });
  const run = {
    id: 'run-1',
    name: 'o',
    folder: 'o',
    config,
    totalSteps: 9,
    columns: createColumns(),
    timeline: createTimeline(),
  };
  for (let step = 1; step <= steps; step++) run.columns.add(step, stepEvent(exampleMetrics({ loss: step })).metrics);
  for (const sequence of [1, 5]) run.timeline.add({ kind: 'runResumed', sequence, workers: 2 } as RunEvent);
  return { ...run, status: () => STATUS };
}

/** The first message, or all until the end of a run that is over. */
async function told(run: WatchedRun, from: string, isOver = true): Promise<string[]> {
  const { signal } = new AbortController();
  const messages: string[] = [];
  for await (const message of liveStream({ run, from: parsePlace(from), signal, isOver: () => isOver })) {
    messages.push(message);
    if (!isOver) break;
  }
  return messages;
}

test('whoever comes back is told what came after its place, also by a coordinator that was started anew', async () => {
  const [message, over] = await told(runOf(3), 'run-1:1:1');
  const [id, event, data] = message!.split('\n');
  expect([id, event]).toEqual(['id: run-1:3:5', 'event: news']);
  const { steps, events } = JSON.parse(data!.slice('data: '.length));
  expect([steps.from, steps.values.loss]).toEqual([2, [2, 3]]);
  expect(events.map(({ sequence }: RunEvent) => sequence)).toEqual([5]);
  expect(over).toBe('event: over\ndata: {}\n\n');
});

test.each([
  ['another run', 'run-2:1:1'],
  ['steps that this run does not have', 'run-1:4:1'],
  ['nothing that can be read', 'run-1'],
])('who has %s is told to begin anew', async (_, place) => {
  expect(await told(runOf(3), place)).toEqual(['event: reset\ndata: {}\n\n']);
});

test('steps that will come out otherwise are not added to', async () => {
  const run = runOf(3);
  const { signal } = new AbortController();
  const stream = liveStream({ run, from: parsePlace('run-1:3:5'), signal, isOver: () => false });
  expect((await stream.next()).value).toContain('event: news');
  run.columns.cutBack(2);
  expect((await stream.next()).value).toBe('event: reset\ndata: {}\n\n');
});

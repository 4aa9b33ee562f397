import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { COORDINATOR_METRICS } from '../../core/metrics/coordinator-metrics.js';
import { registerMetrics } from '../../proto/http/register-metrics.js';
import { exampleMetrics } from '../../test/builders/example-metrics.js';
import type { NewEvent } from '../events/event-line.js';
import type { EventLog } from '../events/event-log.js';
import { stepEvent } from '../events/metrics-events.js';
import { observeRun } from './observe-run.js';

const NOW_MS = 1_800_000_000_000;

function observed() {
  const registry = new Registry();
  const observer = observeRun(registerMetrics(COORDINATOR_METRICS, registry), () => NOW_MS);
  const told: NewEvent[] = [];
  const log = observer.listenTo({ run: 'r', tell: (event: NewEvent) => told.push(event) } as unknown as EventLog);
  return {
    observer,
    told,
    tell: log.tell,
    value: async (name: string, labels: Record<string, string> = {}) => {
      observer.refresh();
      const metric = (await registry.getMetricsAsJSON()).find((one) => name.startsWith(one.name));
      const wanted = Object.entries(labels);
      return metric?.values.find(
        (value) =>
          wanted.every(([label, text]) => value.labels[label] === text) &&
          ((value as { metricName?: string }).metricName ?? name) === name,
      )?.value;
    },
  };
}

function step(number: number, change: Parameters<typeof exampleMetrics>[0] = {}) {
  return exampleMetrics({ step: number, num_tokens: 2048 * number, ...change });
}

test('what is told to the log is told once, and heard', async () => {
  const { tell, told, value } = observed();
  const event = stepEvent(step(1));
  tell(event);
  expect(told).toEqual([event]);
  expect(await value('prospect_loss')).toBe(0.4312);
  expect(await value('prospect_reward', { class: 'undesirable' })).toBe(-0.22);
});

test('a step is counted once, whether the log, the metrics file or both tell of it', async () => {
  const { observer, tell, value } = observed();
  tell(stepEvent(step(1)));
  observer.recorded(step(1));
  observer.recorded(step(2));
  tell(stepEvent(step(3)));
  expect(await value('prospect_steps_total')).toBe(3);
  expect(await value('prospect_tokens_total')).toBe(3 * 2048);
  expect(await value('prospect_examples_total', { class: 'desirable' })).toBe(48);
  expect(await value('prospect_step_duration_seconds_count')).toBe(3);
  expect(await value('prospect_step_duration_seconds_sum')).toBeCloseTo(6);
});

test('steps that come out otherwise after the run went back are shown, and not counted again', async () => {
  const { tell, value } = observed();
  for (const number of [1, 2, 3]) tell(stepEvent(step(number)));
  tell({ kind: 'runWentBack', step: 1, again: 0, stepsAreOthers: true });
  tell(stepEvent(step(2, { loss: 0.3 })));
  expect(await value('prospect_steps_total')).toBe(3);
  expect(await value('prospect_tokens_total')).toBe(3 * 2048);
  expect(await value('prospect_loss')).toBe(0.3);
});

test('a step whose metrics a power failure took counts, and its tokens come with the next one', async () => {
  const { tell, value } = observed();
  tell(stepEvent(step(1)));
  tell({ kind: 'step', step: 2, metrics: null });
  tell(stepEvent(step(3)));
  expect(await value('prospect_steps_total')).toBe(3);
  expect(await value('prospect_tokens_total')).toBe(3 * 2048);
});

test('a mean over nothing is no number, and a metric without a value is not shown', async () => {
  const { tell, value } = observed();
  expect(await value('prospect_loss')).toBeUndefined();
  tell(stepEvent(step(1, { 'rewards/rejected': null, grad_norm: null, skipped: 1 })));
  expect(await value('prospect_reward', { class: 'undesirable' })).toBeNaN();
  expect(await value('prospect_gradient_norm')).toBeNaN();
  expect(await value('prospect_skipped_steps_total')).toBe(1);
});

test('an alarm is shown while it holds', async () => {
  const { tell, value } = observed();
  const saturated = (from: number, saturation: number) => {
    for (let i = 0; i < 10; i++) tell(stepEvent(step(from + i, { saturation })));
    return value('prospect_alarm', { alarm: 'saturated' });
  };
  expect(await saturated(1, 0.1)).toBe(0);
  expect(await saturated(11, 0.9)).toBe(1);
  expect(await saturated(21, 0.1)).toBe(0);
});

test('a snapshot is known by when it was written, its size and what it took', async () => {
  const { tell, value } = observed();
  tell({ kind: 'snapshotWritten', step: 4, name: 'step-000004', bytes: 1000, seconds: 0.3 });
  expect(await value('prospect_snapshot_timestamp_seconds')).toBe(NOW_MS / 1000);
  expect(await value('prospect_snapshot_size_bytes')).toBe(1000);
  expect(await value('prospect_snapshot_duration_seconds_sum')).toBe(0.3);
});

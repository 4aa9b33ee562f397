/** What Prometheus has seen of a real run: against its log, in every query of the dashboard, in every alert. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StepMetrics } from '../../coordinator/metrics/step-metrics.js';
import { ROWS } from '../../scripts/grafana/panels.js';
import { NATS_SERVER } from '../support/nats-server.js';
import { PROMETHEUS, PROMTOOL, type Series } from '../support/prometheus.js';
import { type WatchedRun, watchedRun } from './watched-run.js';

let run: WatchedRun;

describe.skipIf(!PROMETHEUS || !PROMTOOL || !NATS_SERVER)(
  'a watched run with a worker and a coordinator killed',
  () => {
    beforeAll(async () => {
      run = await watchedRun();
    }, 280_000);
    afterAll(() => run?.remove());

    test.each([
      ['prospect_loss', (step: StepMetrics) => step.loss],
      ['prospect_reference_point_nats', (step: StepMetrics) => step.kl],
      ['prospect_reference_point_raw_nats', (step: StepMetrics) => step['kl/raw']],
      ['prospect_reference_point_standard_error_nats', (step: StepMetrics) => step['kl/stderr'] ?? Number.NaN],
      ['prospect_reference_point_clamped', (step: StepMetrics) => (step['kl/clamped'] ? 1 : 0)],
      ['prospect_reward{class="desirable"}', (step: StepMetrics) => step['rewards/chosen'] ?? Number.NaN],
      ['prospect_reward{class="undesirable"}', (step: StepMetrics) => step['rewards/rejected'] ?? Number.NaN],
      ['prospect_reward_margin', (step: StepMetrics) => step['rewards/margins'] ?? Number.NaN],
      ['prospect_saturation_ratio', (step: StepMetrics) => step.saturation ?? Number.NaN],
      ['prospect_gradient_norm', (step: StepMetrics) => step.grad_norm ?? Number.NaN],
      ['prospect_learning_rate', (step: StepMetrics) => step.learning_rate],
      ['prospect_epoch', (step: StepMetrics) => step.epoch],
      ['prospect_tokens_total', (step: StepMetrics) => step.num_tokens],
      ['prospect_examples_total{class="desirable"}', summed((step) => step.desirable_count)],
      ['prospect_examples_total{class="undesirable"}', summed((step) => step.undesirable_count)],
      ['prospect_step_duration_seconds_count', summed(() => 1)],
      ['prospect_step_duration_seconds_sum', summed(secondsOf)],
      ['prospect_step_phase_duration_seconds_sum{phase="reduce"}', summed((step) => step['seconds/reduce'] ?? 0)],
    ])('%s was at each scrape what metrics.jsonl says of the step', async (selector, expected) => {
      const counts = await steps();
      const values = valuesOf(await run.prometheus.samples(selector));
      const seen = new Set<number>();
      for (const [time, value] of values) {
        const step = counts.get(time)!;
        if (step === 0) continue;
        seen.add(step);
        expect(value, `after step ${step}`).toBeCloseTo(expected(run.steps[step - 1]!), 6);
      }
      expect(seen.size).toBeGreaterThan(run.steps.length / 3);
    });

    test('counted steps never went backwards, although the coordinator was started again', async () => {
      const counts = [...(await steps()).values()];
      expect(counts.filter((count, i) => count < (counts[i - 1] ?? 0))).toEqual([]);
      expect(Math.max(...counts)).toBeGreaterThan(run.steps.length - 5);
      const incarnations = valuesOf(await run.prometheus.samples('prospect_coordinator_incarnation'));
      expect([...new Set(incarnations.values())]).toEqual([1, 2]);
      expect(run.steps.map(({ step }) => step)).toEqual(run.steps.map((_, i) => i + 1));
    });

    test('evaluations are those of metrics.jsonl', async () => {
      const losses = new Set(valuesOf(await run.prometheus.samples('prospect_evaluation_loss')).values());
      const logged = run.evaluations.map((evaluation) => evaluation.eval_loss);
      expect(losses.size).toBeGreaterThan(2);
      for (const loss of losses) expect(logged).toContain(loss);
    });

    test('the killed worker was lost, the killed coordinator restarted, and nothing else happened', async () => {
      const recoveries = await run.prometheus.samples('prospect_recoveries_total');
      const most = recoveries.map(({ metric, values }) => [
        metric.cause,
        Math.max(...values.map(([, value]) => value)),
      ]);
      expect(Object.fromEntries(most)).toEqual({
        worker_lost: 1,
        worker_left: 0,
        worker_expelled: 0,
        coordinator_restarted: 1,
        went_back: 0,
      });
      const active = valuesOf(await run.prometheus.samples('prospect_workers{state="active"}'));
      expect([...new Set(active.values())].sort()).toEqual([0, 1, 2]);
    });

    test('what one worker received in reductions the other has sent', async () => {
      const last = async (direction: string) => {
        const series = await run.prometheus.samples(`prospect_worker_all_reduce_bytes_total{direction="${direction}"}`);
        return series.flatMap(({ values }) => values).map(([, value]) => value);
      };
      const [received, sent] = [await last('received'), await last('sent')];
      expect(Math.max(...received)).toBeGreaterThan(0);
      // The killed worker's counts began anew: only orders of magnitude can be compared.
      expect(Math.max(...sent) / Math.max(...received)).toBeGreaterThan(0.5);
    });

    test('every query of the dashboard gives data', async () => {
      const filled = (expr: string) =>
        expr.replaceAll('$__rate_interval', '5s').replaceAll('$coordinator', run.coordinator).replaceAll('$run', '.+');
      const empty: string[] = [];
      for (const { expr } of ROWS.flatMap(({ panels }) => panels).flatMap(({ queries }) => queries)) {
        const series = await run.prometheus.range(filled(expr), run.startedAt);
        const hasData = series.some(({ values }) => values.some(([, value]) => Number.isFinite(value)));
        if (!hasData) empty.push(expr);
      }
      expect(empty).toEqual([]);
    });

    test('every alert is evaluated without an error, and those fired that the run provoked', async () => {
      const rules = await run.prometheus.rules();
      expect(rules.length).toBeGreaterThan(10);
      for (const { name, health, lastError } of rules) expect(health, `${name}: ${lastError}`).toBe('ok');
      const fired = await run.prometheus.samples('ALERTS{alertstate="firing"}');
      const names = new Set(fired.map(({ metric }) => metric.alertname));
      expect([...names]).toEqual(expect.arrayContaining(['ProspectWorkersBelowMinimum', 'ProspectSaturated']));
      for (const quiet of ['ProspectNoProgress', 'ProspectExamplesSetAside', 'ProspectWorkerExpelled']) {
        expect(names).not.toContain(quiet);
      }
    });

    test('names and types are as Prometheus wants them, and both processes were ready', () => {
      for (const text of Object.values(run.answers)) {
        const own = text.split('\n').filter((line) => /^(# (HELP|TYPE) )?prospect_/.test(line));
        const { status, stderr } = spawnSync(PROMTOOL!, ['check', 'metrics'], {
          input: `${own.join('\n')}\n`,
          encoding: 'utf8',
        });
        expect(status, stderr).toBe(0);
      }
      expect(run.readiness).toEqual([200, 200]);
    });
  },
);

/** The counted steps at each scrape of the coordinator, by its time. */
async function steps(): Promise<Map<number, number>> {
  return valuesOf(await run.prometheus.samples('prospect_steps_total'));
}

/** Of one series, by time. */
function valuesOf(series: readonly Series[]): Map<number, number> {
  expect(series).toHaveLength(1);
  return new Map(series[0]!.values);
}

/** Over all steps up to one. */
function summed(of: (step: StepMetrics) => number): (step: StepMetrics) => number {
  return ({ step: last }) => run.steps.filter(({ step }) => step <= last).reduce((sum, step) => sum + of(step), 0);
}

function secondsOf(step: StepMetrics): number {
  const phases = Object.entries(step).filter(([name]) => name.startsWith('seconds/'));
  return phases.reduce((sum, [, seconds]) => sum + (seconds as number), 0);
}

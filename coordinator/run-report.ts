/** Where a run is seen: metrics file, human lines, alarms, and at the end summary and plot. */
import { join } from 'node:path';
import { ALARM_HISTORY_STEPS, type Alarm, alarmsOf, newAlarms } from './metrics/alarms.js';
import { type EvaluationMetrics, evaluationMetrics } from './metrics/evaluation-metrics.js';
import { openJsonlLog } from './metrics/jsonl-log.js';
import { writePlot } from './metrics/plot.js';
import type { PlotPoint } from './metrics/plot-points.js';
import { type ProgressStream, showProgress } from './metrics/progress.js';
import { type StepMetrics, stepMetrics } from './metrics/step-metrics.js';
import type { EvaluationRecord, StepRecord } from './metrics/step-record.js';
import { type RunSummary, summaryLines } from './metrics/summary.js';
import type { ResolvedRun } from './resolve-run.js';
import type { RunLog } from './run-log.js';

export interface RunReport {
  step(record: StepRecord): Promise<void>;
  evaluation(record: EvaluationRecord): Promise<void>;
  /** Writes plot and summary. */
  finish(saved: { readonly folder: string; readonly sha256: string }): Promise<void>;
  /** What `finish` summed up. */
  summary(): RunSummary | undefined;
  close(): Promise<void>;
}

export interface ReportOptions {
  readonly config: ResolvedRun;
  readonly totalSteps: number;
  /** For human lines. */
  readonly stream: ProgressStream;
  readonly log: RunLog;
  /** Milliseconds from any fixed point. */
  readonly now: () => number;
}

/** @throws STORAGE when the output folder can't be written. */
export async function openRunReport({ config, totalSteps, stream, log, now }: ReportOptions): Promise<RunReport> {
  const metricsPath = join(config.output, 'metrics.jsonl');
  const plotPath = join(config.output, 'plot.svg');
  const jsonl = await openJsonlLog(metricsPath);
  const startedAtMs = now();
  const progress = showProgress({ stream, totalSteps, now });
  const points: PlotPoint[] = [];
  const evaluations: EvaluationMetrics[] = [];
  let recent: StepMetrics[] = [];
  let alarms: Alarm[] = [];
  let firstStep: StepMetrics | undefined;
  let summary: RunSummary | undefined;

  const raiseAlarms = () => {
    const now = alarmsOf(recent);
    for (const { kind, message } of newAlarms(alarms, now)) log.warn({ alarm: kind }, message);
    alarms = now;
  };
  return {
    async step(record) {
      const metrics = stepMetrics(record, config.loss, recent.at(-1)?.num_tokens ?? 0);
      firstStep ??= metrics;
      recent = [...recent, metrics].slice(-ALARM_HISTORY_STEPS);
      points.push(plotPoint(metrics));
      await jsonl.append(metrics);
      progress.step(metrics);
      raiseAlarms();
    },
    async evaluation(record) {
      const metrics = evaluationMetrics(record, config.loss);
      evaluations.splice(1, 1, metrics);
      await jsonl.append(metrics);
      progress.evaluation(metrics);
    },
    async finish({ folder, sha256 }) {
      const lastStep = recent.at(-1);
      if (!firstStep || !lastStep) return;
      const [before, after] = evaluations;
      const evaluation = before && after ? { evaluation: { before, after } } : {};
      const elapsedMs = now() - startedAtMs;
      summary = { firstStep, lastStep, ...evaluation, elapsedMs, folder, sha256, metricsPath, plotPath };
      await writePlot(plotPath, points, `${config.loss.type} on ${config.model}`);
      progress.close();
      stream.write(`${summaryLines(summary).join('\n')}\n`);
    },
    summary: () => summary,
    async close() {
      progress.close();
      await jsonl.close();
    },
  };
}

function plotPoint(metrics: StepMetrics): PlotPoint {
  return {
    step: metrics.step,
    loss: metrics.loss,
    kl: metrics.kl,
    'kl/raw': metrics['kl/raw'],
    'kl/stderr': metrics['kl/stderr'],
    'rewards/chosen': metrics['rewards/chosen'],
    'rewards/rejected': metrics['rewards/rejected'],
    'rewards/margins': metrics['rewards/margins'],
  };
}

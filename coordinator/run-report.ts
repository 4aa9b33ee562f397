/** Where a run is seen: metrics file, human lines, alarms, and at the end summary and plot. */
import { join } from 'node:path';
import { truncateMetrics } from './journal/truncate-metrics.js';
import { evaluationMetrics } from './metrics/evaluation-metrics.js';
import { type JsonlLog, openJsonlLog } from './metrics/jsonl-log.js';
import { writePlot } from './metrics/plot.js';
import { type ProgressStream, showProgress } from './metrics/progress.js';
import { readMetrics } from './metrics/read-metrics.js';
import { type StepMetrics, stepMetrics } from './metrics/step-metrics.js';
import type { EvaluationRecord, StepRecord } from './metrics/step-record.js';
import { type RunSummary, summaryLines } from './metrics/summary.js';
import type { ResolvedRun } from './resolve-run.js';
import { createRunHistory, type RunHistory } from './run-history.js';
import type { RunLog } from './run-log.js';

export interface RunReport {
  step(record: StepRecord): Promise<void>;
  evaluation(record: EvaluationRecord): Promise<void>;
  /** Steps are told once: one that is made again after the run went back is known already. */
  hasStep(step: number): boolean;
  hasEvaluation(step: number): boolean;
  /** Forgets what came after a step, because it will come out otherwise. */
  cutBack(step: number): Promise<void>;
  /** Writes the plot and the summary's lines. */
  finish(saved: { readonly folder: string; readonly sha256: string }): Promise<void>;
  /** What `finish` summed up; undefined before. */
  summary(): RunSummary | undefined;
  close(): Promise<void>;
}

export interface ReportOptions {
  readonly config: ResolvedRun;
  readonly totalSteps: number;
  /** Last committed step of a run that goes on; undefined for a new one, which replaces an earlier run's metrics. */
  readonly goesOnAfter: number | undefined;
  /** Told each step that was in the file already. */
  readonly onRecorded?: (metrics: StepMetrics) => void;
  /** For human lines. */
  readonly stream: ProgressStream;
  readonly log: RunLog;
  /** Milliseconds from any fixed point. */
  readonly now: () => number;
}

/** @throws STORAGE when the output folder can't be written. */
export async function openRunReport(options: ReportOptions): Promise<RunReport> {
  const { config, totalSteps, goesOnAfter, onRecorded, stream, log, now } = options;
  const metricsPath = join(config.output, 'metrics.jsonl');
  const plotPath = join(config.output, 'plot.svg');
  const startedAtMs = now();
  let { jsonl, history } = await openMetrics(metricsPath, goesOnAfter, onRecorded);
  const progress = showProgress({ stream, totalSteps, now });
  let summary: RunSummary | undefined;
  return {
    async step(record) {
      const metrics = stepMetrics(record, config.loss);
      await jsonl.append(metrics);
      progress.step(metrics);
      for (const { kind, message } of history.addStep(metrics)) log.warn({ alarm: kind }, message);
    },
    async evaluation(record) {
      const metrics = evaluationMetrics(record, config.loss);
      await jsonl.append(metrics);
      progress.evaluation(metrics);
      history.addEvaluation(metrics);
    },
    hasStep: (step) => history.hasStep(step),
    hasEvaluation: (step) => history.hasEvaluation(step),
    async cutBack(step) {
      await jsonl.close();
      ({ jsonl, history } = await openMetrics(metricsPath, step));
    },
    async finish({ folder, sha256 }) {
      const ends = history.ends();
      if (!ends) return;
      summary = { ...ends, elapsedMs: now() - startedAtMs, folder, sha256, metricsPath, plotPath };
      progress.close();
      // The result is saved: a person learns where, also when there is no room for the plot.
      stream.write(`${summaryLines(summary).join('\n')}\n`);
      await writePlot(plotPath, history.points(), `${config.loss.type} on ${config.model}`);
    },
    summary: () => summary,
    async close() {
      progress.close();
      await jsonl.close();
    },
  };
}

async function openMetrics(
  path: string,
  goesOnAfter: number | undefined,
  onRecorded?: (metrics: StepMetrics) => void,
): Promise<{ jsonl: JsonlLog; history: RunHistory }> {
  const history = createRunHistory();
  if (goesOnAfter === undefined) return { jsonl: await openJsonlLog(path), history };
  await truncateMetrics(path, goesOnAfter);
  for await (const line of readMetrics(path)) {
    if (line.kind === 'evaluation') history.addEvaluation(line.metrics);
    else {
      history.addStep(line.metrics);
      onRecorded?.(line.metrics);
    }
  }
  return { jsonl: await openJsonlLog(path, 'append'), history };
}

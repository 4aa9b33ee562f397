/** Where a run is seen: metrics file, human lines, alarms, and at the end summary and plot. */
import { join } from 'node:path';
import { evaluationMetrics } from './metrics/evaluation-metrics.js';
import { openJsonlLog } from './metrics/jsonl-log.js';
import { writePlot } from './metrics/plot.js';
import { type ProgressStream, showProgress } from './metrics/progress.js';
import { stepMetrics } from './metrics/step-metrics.js';
import type { EvaluationRecord, StepRecord } from './metrics/step-record.js';
import { type RunSummary, summaryLines } from './metrics/summary.js';
import type { ResolvedRun } from './resolve-run.js';
import { createRunHistory } from './run-history.js';
import type { RunLog } from './run-log.js';

export interface RunReport {
  step(record: StepRecord): Promise<void>;
  evaluation(record: EvaluationRecord): Promise<void>;
  /** Writes the plot and the summary's lines. */
  finish(saved: { readonly folder: string; readonly sha256: string }): Promise<void>;
  /** What `finish` summed up; undefined before. */
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
  const history = createRunHistory();
  let summary: RunSummary | undefined;
  return {
    async step(record) {
      const metrics = stepMetrics(record, config.loss, history.tokens());
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

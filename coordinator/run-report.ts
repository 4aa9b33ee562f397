/** Where a run is seen: metrics file, human lines, alarms, and at the end summary and plot. */
import { dirname, join } from 'node:path';
import type { EventLog } from './events/event-log.js';
import { tellLine } from './events/metrics-events.js';
import { truncateMetrics } from './journal/truncate-metrics.js';
import type { Alarm } from './metrics/alarms.js';
import { type EvaluationMetrics, evaluationMetrics } from './metrics/evaluation-metrics.js';
import { type JsonlLog, openJsonlLog } from './metrics/jsonl-log.js';
import { openNextStep, readNextStep } from './metrics/next-step.js';
import { writePlot } from './metrics/plot.js';
import { type ProgressStream, showProgress } from './metrics/progress.js';
import { type MetricsLine, readMetrics } from './metrics/read-metrics.js';
import { type StepMetrics, stepMetrics } from './metrics/step-metrics.js';
import type { EvaluationRecord, StepRecord } from './metrics/step-record.js';
import { type RunSummary, summaryLines } from './metrics/summary.js';
import type { ResolvedRun } from './resolve-run.js';
import { createRunHistory, type RunHistory } from './run-history.js';
import type { RunLog } from './run-log.js';

export interface RunReport {
  /** A step that is about to be committed: it is known to `step` of a coordinator that is started after a crash. */
  prepare(record: StepRecord): void;
  step(record: StepRecord): Promise<void>;
  evaluation(record: EvaluationRecord): Promise<void>;
  /** Steps are told once: one that is made again after the run went back is known already. */
  hasStep(step: number): boolean;
  hasEvaluation(step: number): boolean;
  /** Where it is the newest one. */
  evaluationOf(step: number): EvaluationMetrics | undefined;
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
  /** Told what is reported, and of a run that goes on what they do not tell yet. */
  readonly events: Pick<EventLog, 'tell' | 'told'>;
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
  const { config, totalSteps, goesOnAfter, events, onRecorded, stream, log, now } = options;
  const metricsPath = join(config.output, 'metrics.jsonl');
  const plotPath = join(config.output, 'plot.svg');
  const startedAtMs = now();
  let { jsonl, history } = await openMetrics(metricsPath, goesOnAfter, (line, alarms) => {
    tellLine(line, alarms, events);
    if (line.kind === 'step') onRecorded?.(line.metrics);
  });
  const progress = showProgress({ stream, totalSteps, now });
  let summary: RunSummary | undefined;
  let isClosed = false;
  const next = openNextStep(nextStepPath(config.output));
  return {
    prepare: (record) => next.write(stepMetrics(record, config.loss)),
    async step(record) {
      const metrics = stepMetrics(record, config.loss);
      await jsonl.append(metrics);
      progress.step(metrics);
      const alarms = history.addStep(metrics);
      for (const { kind, message } of alarms) log.warn({ alarm: kind }, message);
      tellLine({ kind: 'step', metrics }, alarms, events);
    },
    async evaluation(record) {
      const metrics = evaluationMetrics(record, config.loss);
      await jsonl.append(metrics);
      progress.evaluation(metrics);
      history.addEvaluation(metrics);
      tellLine({ kind: 'evaluation', metrics }, [], events);
    },
    hasStep: (step) => history.hasStep(step),
    hasEvaluation: (step) => history.hasEvaluation(step),
    evaluationOf: (step) => history.evaluationOf(step),
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
      if (!isClosed) next.close();
      isClosed = true;
      await jsonl.close();
    },
  };
}

function nextStepPath(output: string): string {
  return join(output, 'metrics.next.json');
}

async function openMetrics(
  path: string,
  goesOnAfter: number | undefined,
  onLine?: (line: MetricsLine, alarms: readonly Alarm[]) => void,
): Promise<{ jsonl: JsonlLog; history: RunHistory }> {
  const history = createRunHistory();
  if (goesOnAfter === undefined) return { jsonl: await openJsonlLog(path), history };
  await truncateMetrics(path, goesOnAfter);
  for await (const line of readMetrics(path)) {
    if (line.kind === 'evaluation') history.addEvaluation(line.metrics);
    onLine?.(line, line.kind === 'step' ? history.addStep(line.metrics) : []);
  }
  const jsonl = await openJsonlLog(path, 'append');
  const next = await readNextStep(nextStepPath(dirname(path)));
  if (next?.step === goesOnAfter && !history.hasStep(next.step)) {
    await jsonl.append(next);
    onLine?.({ kind: 'step', metrics: next }, history.addStep(next));
  }
  return { jsonl, history };
}

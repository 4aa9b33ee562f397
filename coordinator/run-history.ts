/** What a run remembers of its steps and evaluations: enough for alarms, plot and summary, however long it is. */
import { ALARM_HISTORY_STEPS, type Alarm, alarmsOf, newAlarms } from './metrics/alarms.js';
import type { EvaluationMetrics } from './metrics/evaluation-metrics.js';
import type { PlotPoint } from './metrics/plot-points.js';
import type { StepMetrics } from './metrics/step-metrics.js';
import type { RunSummary } from './metrics/summary.js';

export interface RunHistory {
  /** @returns alarms that begin with this step. */
  addStep(metrics: StepMetrics): Alarm[];
  addEvaluation(metrics: EvaluationMetrics): void;
  hasStep(step: number): boolean;
  hasEvaluation(step: number): boolean;
  /** Where it is the newest one. */
  evaluationOf(step: number): EvaluationMetrics | undefined;
  points(): readonly PlotPoint[];
  /** First and last of both; undefined before the first step. */
  ends(): Pick<RunSummary, 'firstStep' | 'lastStep' | 'evaluation'> | undefined;
}

export function createRunHistory(): RunHistory {
  const points: PlotPoint[] = [];
  const steps = new Set<number>();
  const evaluations = new Set<number>();
  let recent: StepMetrics[] = [];
  let alarms: Alarm[] = [];
  let firstStep: StepMetrics | undefined;
  let before: EvaluationMetrics | undefined;
  let after: EvaluationMetrics | undefined;
  return {
    addStep(metrics) {
      firstStep ??= metrics;
      steps.add(metrics.step);
      recent = [...recent, metrics].slice(-ALARM_HISTORY_STEPS);
      points.push(plotPoint(metrics));
      const earlier = alarms;
      alarms = alarmsOf(recent);
      return newAlarms(earlier, alarms);
    },
    addEvaluation(metrics) {
      evaluations.add(metrics.step);
      if (before) after = metrics;
      else before = metrics;
    },
    hasStep: (step) => steps.has(step),
    hasEvaluation: (step) => evaluations.has(step),
    evaluationOf: (step) => [after, before].find((metrics) => metrics?.step === step),
    points: () => points,
    ends() {
      const lastStep = recent.at(-1);
      if (!firstStep || !lastStep) return undefined;
      return { firstStep, lastStep, ...(before && after && { evaluation: { before, after } }) };
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

/** The text of progress: one line per step or evaluation, and the bar below them. Pure; width and time are passed in. */
import { knownSteps } from '../calendar.js';
import type { EvaluationMetrics } from './evaluation-metrics.js';
import { formatDuration, formatNumber, formatPercent, formatSigned } from './format.js';
import type { StepMetrics } from './step-metrics.js';

/** Columns of the bar itself. */
const WIDEST_BAR = 40;
const NARROWEST_BAR = 10;

export interface ProgressState {
  readonly step: number;
  readonly totalSteps: number;
  /** Since training began. */
  readonly elapsedMs: number;
}

/** `step  12/48  loss 0.4312  kl 0.12  chosen +0.310  rejected −0.220  margin +0.530  lr 9.1e-5  1.3 s` */
export function stepLine(metrics: StepMetrics, totalSteps: number): string {
  const seconds = Object.entries(metrics)
    .filter(([name]) => name.startsWith('seconds/'))
    .reduce((total, [, value]) => total + Number(value), 0);
  return [
    `step ${stepOf(metrics.step, totalSteps)}`,
    `loss ${formatNumber(metrics.loss, 4)}`,
    `kl ${formatNumber(metrics.kl, 2)}`,
    `chosen ${formatSigned(metrics['rewards/chosen'], 3)}`,
    `rejected ${formatSigned(metrics['rewards/rejected'], 3)}`,
    `margin ${formatSigned(metrics['rewards/margins'], 3)}`,
    `lr ${metrics.learning_rate.toExponential(1)}`,
    `${seconds.toFixed(1)} s`,
  ].join('  ');
}

/** `12/48`; `12` of a run that lasts until it is stopped. */
function stepOf(step: number, totalSteps: number): string {
  const known = knownSteps(totalSteps);
  return known === null ? String(step) : `${String(step).padStart(String(known).length)}/${known}`;
}

/** `held out after step 48: loss 0.31  chosen +0.310  rejected −0.220  margin +0.530  right 93.8 % of 64 rows` */
export function evaluationLine(metrics: EvaluationMetrics): string {
  const rows = metrics.eval_desirable_count + metrics.eval_undesirable_count;
  return [
    `held out after step ${metrics.step}: loss ${formatNumber(metrics.eval_loss, 4)}`,
    `chosen ${formatSigned(metrics['eval_rewards/chosen'], 3)}`,
    `rejected ${formatSigned(metrics['eval_rewards/rejected'], 3)}`,
    `margin ${formatSigned(metrics['eval_rewards/margins'], 3)}`,
    `right ${formatPercent(metrics.eval_accuracy)} of ${rows} rows`,
  ].join('  ');
}

/** `█████░░░░░  25 %  step 12/48  32 s left`, never wider than the terminal. */
export function barLine(state: ProgressState, columns: number): string {
  if (knownSteps(state.totalSteps) === null) return `step ${state.step}`;
  const share = state.totalSteps === 0 ? 1 : Math.min(1, state.step / state.totalSteps);
  const left = timeLeftMs(state);
  const time = left === undefined ? '' : `  ${formatDuration(left)} left`;
  const text = `  ${Math.floor(share * 100)} %  step ${state.step}/${state.totalSteps}${time}`;
  // The last column stays free: some terminals wrap when it is filled.
  const width = Math.min(WIDEST_BAR, columns - text.length - 1);
  if (width < NARROWEST_BAR) return text.trim().slice(0, Math.max(0, columns - 1));
  const filled = Math.floor(share * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled) + text;
}

/** From the mean time of the steps so far; undefined before the first one ended. */
export function timeLeftMs(state: ProgressState): number | undefined {
  if (state.step === 0) return undefined;
  return (state.elapsedMs / state.step) * Math.max(0, state.totalSteps - state.step);
}

/**
 * What goes wrong quietly in KTO, seen in the steps' metrics and said as sentences. An alarm is told once when it
 * begins, and again only after it went away in between.
 */
import type { StepMetrics } from './step-metrics.js';

export type AlarmKind = 'bothRewardsFalling' | 'saturated' | 'clamped';

export interface Alarm {
  readonly kind: AlarmKind;
  readonly message: string;
}

/** What the alarms look at. */
export type WatchedMetrics = Pick<
  StepMetrics,
  'rewards/chosen' | 'rewards/rejected' | 'saturation' | 'kl/clamped' | 'kl/raw'
>;

/** Steps in each of the two windows that are compared: batches differ, single steps say nothing. */
const TREND_STEPS = 8;
/** A fall counts beyond this many standard errors: with both rewards, about one false alarm in 2,000 looks. */
const TREND_ERRORS = 2;
/** Steps over which saturation is averaged, and the share above which most of the data teaches nothing. */
const SATURATION_STEPS = 10;
const SATURATION_SHARE = 0.5;
/** Steps in a row with a clamped reference point; by chance half of the first steps are. */
const CLAMPED_STEPS = 20;

/** Steps of history that the alarms need; older ones may be forgotten. */
export const ALARM_HISTORY_STEPS = Math.max(2 * TREND_STEPS, SATURATION_STEPS, CLAMPED_STEPS);

/** The alarms that hold now. @param history the latest steps, oldest first. */
export function alarmsOf(history: readonly WatchedMetrics[]): Alarm[] {
  return [fallingAlarm(history), saturationAlarm(history), clampAlarm(history)].filter((alarm) => alarm !== undefined);
}

/** Those of `now` that did not hold before: what to warn of. */
export function newAlarms(before: readonly Alarm[], now: readonly Alarm[]): Alarm[] {
  return now.filter((alarm) => !before.some((earlier) => earlier.kind === alarm.kind));
}

function fallingAlarm(history: readonly WatchedMetrics[]): Alarm | undefined {
  const chosen = fallOf(history.map((metrics) => metrics['rewards/chosen']));
  const rejected = fallOf(history.map((metrics) => metrics['rewards/rejected']));
  if (chosen === undefined || rejected === undefined) return undefined;
  const message =
    `Both rewards are falling: over the last ${2 * TREND_STEPS} steps chosen went from ${show(chosen.from)} to ` +
    `${show(chosen.to)} and rejected from ${show(rejected.from)} to ${show(rejected.to)}. ` +
    'The policy is unlearning good completions too; a lower learning rate usually helps.';
  return { kind: 'bothRewardsFalling', message };
}

function saturationAlarm(history: readonly WatchedMetrics[]): Alarm | undefined {
  const recent = numbers(history.slice(-SATURATION_STEPS).map((metrics) => metrics.saturation));
  if (recent.length < SATURATION_STEPS) return undefined;
  const { mean } = momentsOf(recent);
  if (mean <= SATURATION_SHARE) return undefined;
  const message =
    `Saturated: over the last ${SATURATION_STEPS} steps ${Math.round(mean * 100)} % of the rows hardly move the loss ` +
    'any more. Training can stop here, or go on with a lower beta or other rows.';
  return { kind: 'saturated', message };
}

function clampAlarm(history: readonly WatchedMetrics[]): Alarm | undefined {
  const recent = history.slice(-CLAMPED_STEPS);
  if (recent.length < CLAMPED_STEPS || !recent.every((metrics) => metrics['kl/clamped'])) return undefined;
  const { mean } = momentsOf(recent.map((metrics) => metrics['kl/raw']));
  const message =
    `The reference point has been clamped to 0 for ${CLAMPED_STEPS} steps (raw mean ${show(mean)} nats): the policy ` +
    'makes unrelated completions less likely than the reference does. A lower learning rate or a higher beta keeps ' +
    'it closer to the reference.';
  return { kind: 'clamped', message };
}

/** The two window means when the later one lies clearly below the earlier one. */
function fallOf(rewards: readonly (number | null)[]): { from: number; to: number } | undefined {
  const earlier = momentsOf(numbers(rewards.slice(-2 * TREND_STEPS, -TREND_STEPS)));
  const later = momentsOf(numbers(rewards.slice(-TREND_STEPS)));
  if (earlier.count < TREND_STEPS || later.count < TREND_STEPS) return undefined;
  const error = Math.sqrt((earlier.variance + later.variance) / TREND_STEPS);
  return earlier.mean - later.mean > TREND_ERRORS * error ? { from: earlier.mean, to: later.mean } : undefined;
}

function momentsOf(values: readonly number[]): { count: number; mean: number; variance: number } {
  const count = values.length;
  const mean = values.reduce((total, value) => total + value, 0) / count;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance };
}

function numbers(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function show(value: number): string {
  return value.toFixed(2);
}

/**
 * Steps as metrics. What is counted is counted once for each step of the run: those of earlier coordinators from
 * metrics.jsonl, and none again that is made again.
 */
import type { EventOf } from '../../core/events/run-event.js';
import { ALARM_HISTORY_STEPS, alarmsOf, type WatchedMetrics } from '../metrics/alarms.js';
import type { RunMetrics } from './run-metrics.js';

type StepEvent = Pick<EventOf<'step'>, 'step' | 'metrics'>;
type StepFacts = NonNullable<StepEvent['metrics']>;

export interface StepCounter {
  add(step: StepEvent): void;
  /** Later steps come out otherwise: alarms forget them. */
  cutBack(step: number): void;
  /** Those that hold now. */
  refreshAlarms(): void;
}

export function createStepCounter(metrics: RunMetrics): StepCounter {
  let counted = 0;
  let tokens = 0;
  let recent: { readonly step: number; readonly watched: WatchedMetrics }[] = [];
  return {
    add({ step, metrics: facts }) {
      if (recent.at(-1)?.step === step) return;
      const isNew = step > counted;
      counted = Math.max(counted, step);
      if (isNew) metrics.steps.inc();
      if (!facts) return;
      if (isNew) {
        count(facts, metrics);
        metrics.tokens.inc(Math.max(0, facts.num_tokens - tokens));
        tokens = Math.max(tokens, facts.num_tokens);
      }
      // A step's reference point is a number; that it may be none is for readers of old logs.
      recent.push({ step, watched: { ...facts, 'kl/raw': facts['kl/raw'] ?? 0 } });
      if (recent.length > ALARM_HISTORY_STEPS) recent.shift();
      show(facts, metrics);
    },
    cutBack(step) {
      recent = recent.filter((one) => one.step <= step);
    },
    refreshAlarms() {
      const kinds = new Set(alarmsOf(recent.map(({ watched }) => watched)).map(({ kind }) => kind));
      metrics.alarm.set({ alarm: 'both_rewards_falling' }, kinds.has('bothRewardsFalling') ? 1 : 0);
      metrics.alarm.set({ alarm: 'saturated' }, kinds.has('saturated') ? 1 : 0);
      metrics.alarm.set({ alarm: 'clamped' }, kinds.has('clamped') ? 1 : 0);
    },
  };
}

function count(facts: StepFacts, metrics: RunMetrics): void {
  metrics.skippedSteps.inc(facts.skipped);
  metrics.examples.inc({ class: 'desirable' }, facts.desirable_count);
  metrics.examples.inc({ class: 'undesirable' }, facts.undesirable_count);
  metrics.pairs.inc({ with: 'own_completion' }, facts['pairing/own_completion']);
  metrics.pairs.inc({ with: 'same_prompt' }, facts['pairing/same_prompt']);
  let stepSeconds = 0;
  for (const [phase, seconds] of Object.entries(facts.seconds)) {
    metrics.phaseSeconds.observe({ phase }, seconds);
    stepSeconds += seconds;
  }
  metrics.stepSeconds.observe(stepSeconds);
}

/** A mean over nothing is no number. */
function show(facts: StepFacts, metrics: RunMetrics): void {
  metrics.epoch.set(facts.epoch);
  metrics.busiestSeconds.set(facts['compute/busiest_seconds']);
  metrics.meanSeconds.set(facts['compute/mean_seconds']);
  metrics.loss.set(facts.loss ?? Number.NaN);
  metrics.entropy.set(facts.entropy ?? Number.NaN);
  metrics.referencePoint.set(facts.kl ?? Number.NaN);
  metrics.rawReferencePoint.set(facts['kl/raw'] ?? Number.NaN);
  metrics.referencePointError.set(facts['kl/stderr'] ?? Number.NaN);
  metrics.clamped.set(facts['kl/clamped'] ? 1 : 0);
  metrics.reward.set({ class: 'desirable' }, facts['rewards/chosen'] ?? Number.NaN);
  metrics.reward.set({ class: 'undesirable' }, facts['rewards/rejected'] ?? Number.NaN);
  metrics.rewardMargin.set(facts['rewards/margins'] ?? Number.NaN);
  metrics.logProb.set({ class: 'desirable' }, facts['logps/chosen'] ?? Number.NaN);
  metrics.logProb.set({ class: 'undesirable' }, facts['logps/rejected'] ?? Number.NaN);
  metrics.saturation.set(facts.saturation ?? Number.NaN);
  metrics.gradientNorm.set(facts.grad_norm ?? Number.NaN);
  metrics.learningRate.set(facts.learning_rate);
}

/**
 * Steps as metrics. What is counted is counted once for each step of the run: those of earlier coordinators from
 * metrics.jsonl, and none again that is made again. What the last step was like is shown when somebody asks.
 */
import type { EventOf } from '../../core/events/run-event.js';
import { STEP_PHASES } from '../../core/metrics/coordinator-metrics.js';
import { ALARM_HISTORY_STEPS, alarmsOf, type WatchedMetrics } from '../metrics/alarms.js';
import type { StepMetrics } from '../metrics/step-metrics.js';
import type { RunMetrics } from './run-metrics.js';

type StepEvent = Pick<EventOf<'step'>, 'step' | 'metrics'>;
type EventFacts = NonNullable<StepEvent['metrics']>;
/** What an event and a line of metrics.jsonl have in common. */
type StepFacts = Omit<EventFacts, 'seconds'>;
type Phase = (typeof STEP_PHASES)[number];

export interface StepCounter {
  told(event: StepEvent): void;
  /** A step of an earlier coordinator; there can be very many. */
  recorded(metrics: StepMetrics): void;
  /** Later steps come out otherwise: alarms forget them. */
  cutBack(step: number): void;
  /** What the last step was like, and the alarms that hold. */
  refresh(): void;
}

export function createStepCounter(metrics: RunMetrics): StepCounter {
  let counted = 0;
  let tokens = 0;
  let recent: { readonly step: number; readonly facts: StepFacts }[] = [];
  const add = (step: number, facts: StepFacts, secondsOf: (phase: Phase) => number | undefined) => {
    if (recent.at(-1)?.step === step) return;
    recent.push({ step, facts });
    if (recent.length > ALARM_HISTORY_STEPS) recent.shift();
    if (step <= counted) return;
    count(facts, secondsOf, metrics);
    metrics.tokens.inc(Math.max(0, facts.num_tokens - tokens));
    tokens = Math.max(tokens, facts.num_tokens);
  };
  const passed = (step: number) => {
    metrics.steps.inc(Math.max(0, step - counted));
    counted = Math.max(counted, step);
  };
  return {
    told({ step, metrics: facts }) {
      if (facts) add(step, facts, (phase) => facts.seconds[phase]);
      passed(step);
    },
    recorded(facts) {
      add(facts.step, facts, (phase) => facts[`seconds/${phase}`]);
      passed(facts.step);
    },
    cutBack(step) {
      recent = recent.filter((one) => one.step <= step);
    },
    refresh() {
      const last = recent.at(-1);
      if (last) show(last.facts, metrics);
      const kinds = new Set(alarmsOf(recent.map(({ facts }) => watched(facts))).map(({ kind }) => kind));
      metrics.alarm.set({ alarm: 'both_rewards_falling' }, kinds.has('bothRewardsFalling') ? 1 : 0);
      metrics.alarm.set({ alarm: 'saturated' }, kinds.has('saturated') ? 1 : 0);
      metrics.alarm.set({ alarm: 'clamped' }, kinds.has('clamped') ? 1 : 0);
    },
  };
}

/** A reference point is a number in every step; that it may be none is for readers of other logs. */
function watched(facts: StepFacts): WatchedMetrics {
  return { ...facts, 'kl/raw': facts['kl/raw'] ?? 0 };
}

function count(facts: StepFacts, secondsOf: (phase: Phase) => number | undefined, metrics: RunMetrics): void {
  metrics.skippedSteps.inc(facts.skipped);
  metrics.examples.inc({ class: 'desirable' }, facts.desirable_count);
  metrics.examples.inc({ class: 'undesirable' }, facts.undesirable_count);
  metrics.pairs.inc({ with: 'own_completion' }, facts['pairing/own_completion']);
  metrics.pairs.inc({ with: 'same_prompt' }, facts['pairing/same_prompt']);
  let stepSeconds = 0;
  for (const phase of STEP_PHASES) {
    const seconds = secondsOf(phase);
    if (seconds === undefined) continue;
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

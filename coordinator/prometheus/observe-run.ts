/** Listens to what a run tells, and keeps its metrics by it. The run itself knows nothing of metrics. */
import { VERSION } from '../../core/version.js';
import type { NewEvent } from '../events/event-line.js';
import type { EventLog } from '../events/event-log.js';
import type { StepMetrics } from '../metrics/step-metrics.js';
import { watchRecoveries } from './count-recoveries.js';
import { createStepCounter } from './count-steps.js';
import type { RunMetrics } from './run-metrics.js';

export interface RunObserver {
  /** The same log: what is told to it is heard here too. */
  listenTo(events: EventLog): EventLog;
  /** A step of an earlier coordinator. */
  recorded(metrics: StepMetrics): void;
  /** All steps of earlier coordinators are counted: before that, what is counted would go backwards. */
  isComplete(): boolean;
  /** Unix time of the last step or evaluation, in ms; of the start before the first one. */
  lastProgressMs(): number;
  /** What the last step was like, and the alarms that hold. */
  refresh(): void;
}

/** @param timeMs Unix time. */
export function observeRun(metrics: RunMetrics, timeMs: () => number): RunObserver {
  const steps = createStepCounter(metrics);
  const recoveries = watchRecoveries();
  let run = '';
  let isStarted = false;
  let lastProgressMs = timeMs();
  const hear = (event: NewEvent): void => {
    for (const cause of recoveries.add(event)) metrics.recoveries.inc({ cause });
    if (event.kind === 'step') steps.told(event);
    if (event.kind === 'step' || event.kind === 'evaluation' || event.kind === 'runResumed') lastProgressMs = timeMs();
    if (event.kind === 'runStarted') {
      isStarted = true;
      showStart(event, run, metrics);
    } else if (event.kind === 'runWentBack') {
      metrics.stepsAgain.inc(event.again);
      if (event.stepsAreOthers) steps.cutBack(event.step);
    } else hearOther(event, metrics, timeMs);
  };
  return {
    listenTo(events) {
      ({ run } = events);
      return {
        ...events,
        tell(event) {
          events.tell(event);
          hear(event);
        },
      };
    },
    recorded: steps.recorded,
    isComplete: () => isStarted,
    lastProgressMs: () => lastProgressMs,
    refresh: steps.refresh,
  };
}

type Started = Extract<NewEvent, { kind: 'runStarted' }>;

function showStart({ incarnation, totalSteps, method, loss }: Started, run: string, metrics: RunMetrics): void {
  metrics.runInfo.set({ run, method, loss, version: VERSION }, 1);
  metrics.incarnation.set(incarnation);
  // A run that trains until it is stopped has no last step.
  metrics.plannedSteps.set(totalSteps ?? Number.POSITIVE_INFINITY);
}

const ALARM_LABELS = {
  bothRewardsFalling: 'both_rewards_falling',
  saturated: 'saturated',
  clamped: 'clamped',
  cluster: 'cluster',
} as const;

function hearOther(event: NewEvent, metrics: RunMetrics, timeMs: () => number): void {
  switch (event.kind) {
    case 'evaluation': {
      const { loss, accuracy, 'rewards/margins': margin } = event.metrics;
      metrics.evaluationLoss.set(loss ?? Number.NaN);
      metrics.evaluationAccuracy.set(accuracy ?? Number.NaN);
      metrics.evaluationMargin.set(margin ?? Number.NaN);
      break;
    }
    case 'alarm':
      metrics.alarms.inc({ alarm: ALARM_LABELS[event.alarm] });
      break;
    case 'snapshotWritten':
      metrics.snapshotTime.set(timeMs() / 1000);
      metrics.snapshotBytes.set(event.bytes);
      if (event.seconds !== undefined) metrics.snapshotSeconds.observe(event.seconds);
      break;
    case 'snapshotFailed':
      metrics.snapshotFailures.inc({ during: event.during });
      break;
  }
}

/** Steps and evaluations as events: the metrics of metrics.jsonl, without what the kind of the event says already. */
import type { EventOf } from '../../core/events/run-event.js';
import type { Alarm } from '../metrics/alarms.js';
import type { EvaluationMetrics } from '../metrics/evaluation-metrics.js';
import type { MetricsLine } from '../metrics/read-metrics.js';
import type { StepMetrics } from '../metrics/step-metrics.js';
import type { NewEvent } from './event-line.js';
import type { EventLog } from './event-log.js';
import { isEvaluationTold, isStepTold } from './told.js';

const SECONDS = 'seconds/';
const EVALUATION = 'eval_';

/** Tells a step with its alarms, or an evaluation, unless it is told already: a step that is made again is not news. */
export function tellLine(line: MetricsLine, alarms: readonly Alarm[], events: Pick<EventLog, 'tell' | 'told'>): void {
  const { step } = line.metrics;
  if (line.kind === 'evaluation') {
    if (!isEvaluationTold(events.told(), step)) events.tell(evaluationEvent(line.metrics));
    return;
  }
  if (isStepTold(events.told(), step)) return;
  events.tell(stepEvent(line.metrics));
  for (const { kind: alarm, message } of alarms) events.tell({ kind: 'alarm', alarm, message });
}

/** Plain loops: this is done while the step waits. */
export function stepEvent({ step, ...metrics }: StepMetrics): Extract<NewEvent, { kind: 'step' }> {
  const seconds: Record<string, unknown> = {};
  const all: Record<string, unknown> = {};
  for (const name in metrics) {
    const value = metrics[name as keyof typeof metrics];
    if (name.startsWith(SECONDS)) seconds[name.slice(SECONDS.length)] = value;
    else all[name] = value;
  }
  all.seconds = seconds;
  return { kind: 'step', step, metrics: all as EventOf<'step'>['metrics'] };
}

export function evaluationEvent({ step, ...metrics }: EvaluationMetrics): NewEvent {
  const entries = Object.entries(metrics).map(([name, value]) => [
    name.startsWith(EVALUATION) ? name.slice(EVALUATION.length) : name,
    value,
  ]);
  return { kind: 'evaluation', step, metrics: Object.fromEntries(entries) as EventOf<'evaluation'>['metrics'] };
}

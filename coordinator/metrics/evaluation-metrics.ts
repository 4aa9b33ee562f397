/** An evaluation's metrics: those of a step with `eval_` before the name, and the share of rows judged rightly. */
import type { LossSettings } from '../../core/kto.js';
import { type BatchMetrics, batchMetrics, type Mean, mean } from './batch-metrics.js';
import type { EvaluationRecord, ExampleScore } from './step-record.js';

export type EvaluationMetrics = {
  readonly [Name in keyof BatchMetrics as `eval_${Name}`]: BatchMetrics[Name];
} & {
  readonly step: number;
  readonly epoch: number;
  /** Share of rows whose reward has the sign of its label; a reward of exactly 0 has none. */
  readonly eval_accuracy: Mean;
};

export function evaluationMetrics(record: EvaluationRecord, loss: LossSettings): EvaluationMetrics {
  const metrics = batchMetrics(record.examples, record.referencePoint, loss, record.sftScale);
  const prefixed = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`eval_${name}`, value]));
  return {
    step: record.step,
    epoch: record.epoch,
    ...(prefixed as { [Name in keyof BatchMetrics as `eval_${Name}`]: BatchMetrics[Name] }),
    eval_accuracy: mean(record.examples, (example) => (isJudgedRightly(example) ? 1 : 0)),
  };
}

function isJudgedRightly(example: ExampleScore): boolean {
  const logRatio = example.policyLogp - example.referenceLogp;
  return example.desirable ? logRatio > 0 : logRatio < 0;
}

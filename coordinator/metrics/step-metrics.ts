/** A committed step's metrics: one flat record, as it goes to the log, the page and the JSONL file. */
import type { LossSettings } from '../../core/kto.js';
import { type BatchMetrics, batchMetrics, type Mean } from './batch-metrics.js';
import type { StepRecord } from './step-record.js';

export interface StepMetrics extends BatchMetrics {
  readonly step: number;
  readonly epoch: number;
  /** Before clipping; null when it is not finite. */
  readonly grad_norm: Mean;
  readonly learning_rate: number;
  /** Prompt and completion tokens since the start of the run. */
  readonly num_tokens: number;
  readonly examples_per_second: Mean;
  readonly tokens_per_second: Mean;
  readonly workers: number;
  /** Rows left out so far, for scores that are not finite. */
  readonly set_aside: number;
  /** 1 when there was no update, because the gradient is not finite or no row of the step is left. */
  readonly skipped: 0 | 1;
  /** Mismatched pairs that could not avoid the row's own completion, or one of the same prompt. */
  readonly 'pairing/own_completion': number;
  readonly 'pairing/same_prompt': number;
  /**
   * Seconds of scores and seconds of gradients, each of the worker with the most of them, since all wait for it: the rest
   * of these phases is orchestration.
   */
  readonly 'compute/busiest_seconds': number;
  /** Seconds of both of all workers, on average. */
  readonly 'compute/mean_seconds': number;
  /** Wall-clock seconds of each phase. */
  readonly [phase: `seconds/${string}`]: number;
}

export function stepMetrics(record: StepRecord, loss: LossSettings): StepMetrics {
  const phases = Object.entries(record.seconds);
  const stepSeconds = phases.reduce((total, [, seconds]) => total + seconds, 0);
  const computing = record.computingSeconds;
  return {
    step: record.step,
    epoch: record.epoch,
    ...batchMetrics(record.examples, record.referencePoint, loss, record.sftScale),
    grad_norm: record.gradNorm ?? null,
    learning_rate: record.learningRate,
    num_tokens: record.tokensBefore + record.tokens,
    examples_per_second: stepSeconds > 0 ? record.examples.length / stepSeconds : null,
    tokens_per_second: stepSeconds > 0 ? record.tokens / stepSeconds : null,
    workers: record.workers,
    set_aside: record.setAside,
    skipped: record.gradNorm === undefined ? 1 : 0,
    'pairing/own_completion': record.pairing.ownCompletion,
    'pairing/same_prompt': record.pairing.samePrompt,
    'compute/busiest_seconds':
      Math.max(0, ...computing.map(({ scores }) => scores)) +
      Math.max(0, ...computing.map(({ gradients }) => gradients)),
    'compute/mean_seconds':
      computing.reduce((sum, { scores, gradients }) => sum + scores + gradients, 0) / Math.max(1, computing.length),
    ...Object.fromEntries(phases.map(([phase, seconds]) => [`seconds/${phase}` as const, seconds])),
  };
}

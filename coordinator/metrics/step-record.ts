/** What a committed step, or an evaluation, leaves behind for the metrics: facts, not yet averages. */
import type { ReferencePoint } from '../../core/kto.js';

/** Log-probs in nats; sums run over the completion's tokens. */
export interface ExampleScore {
  /** Position of the row in the dataset. */
  readonly row: number;
  readonly desirable: boolean;
  readonly policyLogp: number;
  readonly referenceLogp: number;
  /** Tokens. */
  readonly completionLength: number;
  /** Sum of the entropies of the predicted distributions, nats. */
  readonly entropySum: number;
  /** Sum of the mean logits over the vocabulary. */
  readonly logitSum: number;
}

/** How many mismatched pairs could not avoid what they should avoid. */
export interface PairingCounts {
  /** Pairs with the row's own completion. */
  readonly ownCompletion: number;
  /** Pairs with another completion of the same prompt. */
  readonly samePrompt: number;
}

export interface StepRecord {
  /** 1-based. */
  readonly step: number;
  /** Passes over the training rows so far, with fraction. */
  readonly epoch: number;
  readonly learningRate: number;
  /** Before clipping; undefined when it is not finite: then there was no update. */
  readonly gradNorm: number | undefined;
  /** Rows of the run that are left out for scores that are not finite. */
  readonly setAside: number;
  readonly referencePoint: ReferencePoint;
  /** In the order of the global batch: sums run in this order. */
  readonly examples: readonly ExampleScore[];
  /** Prompt and completion tokens of this step's rows (not of the mismatched pairs). */
  readonly tokens: number;
  /** The same of all steps before. */
  readonly tokensBefore: number;
  /** Wall-clock seconds of each phase; together they are the step. `update` is that of the step before. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Of each worker that took part. */
  readonly computingSeconds: readonly ComputingSeconds[];
  readonly workers: number;
  readonly pairing: PairingCounts;
  /** Global batch size over its number of desirable rows. */
  readonly sftScale: number;
}

/** What a worker's part of a step took. */
export interface ComputingSeconds {
  /** Of the mismatched pairs. */
  readonly scores: number;
  readonly gradients: number;
}

export interface EvaluationRecord {
  /** The last committed step; 0 before training. */
  readonly step: number;
  readonly epoch: number;
  readonly referencePoint: ReferencePoint;
  readonly examples: readonly ExampleScore[];
  readonly sftScale: number;
}

/**
 * The averages that training steps and evaluations share, under the names that users know. Every average is a sum in
 * the order given over a count, in float64: never an average of averages, so margins are chosen minus rejected.
 */
import { exampleLoss, type LossSettings, type ReferencePoint, sigmoid } from '../../core/kto.js';
import type { ExampleScore } from './step-record.js';

/**
 * σ(u)σ(−u)·4 at |u| = 3, about 0.181: beyond it an example pulls with less than a fifth of its greatest force, and
 * the value function is so flat that more training on it changes little.
 */
export const SATURATED_BELOW = 4 * sigmoid(3) * sigmoid(-3);

/** null: the mean over nothing, as when a batch holds one class only. */
export type Mean = number | null;

export interface BatchMetrics {
  readonly loss: number;
  /** Mean over all completion tokens of the predicted distribution's entropy, nats. */
  readonly entropy: Mean;
  /** The reference point that the loss used: clamped at 0, nats. */
  readonly kl: number;
  readonly 'rewards/chosen': Mean;
  readonly 'rewards/rejected': Mean;
  readonly 'rewards/margins': Mean;
  readonly 'logps/chosen': Mean;
  readonly 'logps/rejected': Mean;
  /** Mean over completion tokens of the mean logit. */
  readonly 'logits/chosen': Mean;
  readonly 'logits/rejected': Mean;
  readonly 'kl/raw': number;
  readonly 'kl/stderr': Mean;
  readonly 'kl/clamped': boolean;
  /** Share of examples whose loss hardly reacts any more. */
  readonly saturation: Mean;
  readonly desirable_count: number;
  readonly undesirable_count: number;
}

/** One example with what the loss makes of it. */
interface Judged extends ExampleScore {
  readonly loss: number;
  readonly reward: number;
  readonly sensitivity: number;
}

/** @param sftScale rows over desirable rows, as in exampleLoss. */
export function batchMetrics(
  scores: readonly ExampleScore[],
  reference: ReferencePoint,
  loss: LossSettings,
  sftScale: number,
): BatchMetrics {
  const examples = scores.map((score): Judged => ({ ...score, ...exampleLoss(score, reference.z0, loss, sftScale) }));
  const chosen = examples.filter((example) => example.desirable);
  const rejected = examples.filter((example) => !example.desirable);
  const rewards = { chosen: mean(chosen, rewardOf), rejected: mean(rejected, rewardOf) };
  return {
    loss: mean(examples, (example) => example.loss) ?? 0,
    entropy: perToken(examples, (example) => example.entropySum),
    kl: reference.z0,
    'rewards/chosen': rewards.chosen,
    'rewards/rejected': rewards.rejected,
    'rewards/margins': rewards.chosen === null || rewards.rejected === null ? null : rewards.chosen - rewards.rejected,
    'logps/chosen': mean(chosen, (example) => example.policyLogp),
    'logps/rejected': mean(rejected, (example) => example.policyLogp),
    'logits/chosen': perToken(chosen, (example) => example.logitSum),
    'logits/rejected': perToken(rejected, (example) => example.logitSum),
    'kl/raw': reference.raw,
    'kl/stderr': Number.isNaN(reference.standardError) ? null : reference.standardError,
    'kl/clamped': reference.clamped,
    saturation: mean(examples, (example) => (example.sensitivity < SATURATED_BELOW ? 1 : 0)),
    desirable_count: chosen.length,
    undesirable_count: rejected.length,
  };
}

export function mean<Item>(items: readonly Item[], measure: (item: Item) => number): Mean {
  return items.length === 0 ? null : sum(items, measure) / items.length;
}

export function sum<Item>(items: readonly Item[], measure: (item: Item) => number): number {
  let total = 0;
  for (const item of items) total += measure(item);
  return total;
}

/**
 * Weighted by completion tokens, not by rows: established with the reference values (llama-full, step 1: 5.695301351144
 * is the mean over all completion tokens; the mean of the rows' means is 5.695866).
 */
function perToken(examples: readonly Judged[], sumOf: (example: Judged) => number): Mean {
  const tokens = sum(examples, (example) => example.completionLength);
  return tokens === 0 ? null : sum(examples, sumOf) / tokens;
}

function rewardOf(example: Judged): number {
  return example.reward;
}

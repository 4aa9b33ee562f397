/**
 * The KTO scalars: reference point, loss and its derivative (Ethayarajh et al., arXiv 2402.01306, eq. 7 and 8).
 * Everything is in nats and float64; a log-prob is the sum over completion tokens, without length normalisation.
 */

export type LossType = 'kto' | 'apo_zero_unpaired' | 'sft';

export interface LossSettings {
  readonly type: LossType;
  readonly beta: number;
  /** λ_D and λ_U of the paper. */
  readonly desirableWeight: number;
  readonly undesirableWeight: number;
  /** Weight of the sft loss that is added to a KTO loss; 0 for none. */
  readonly sftWeight: number;
}

export interface ReferencePoint {
  /** What the loss uses: max(0, raw). 0 for losses without one. */
  readonly z0: number;
  /** Mean of policy minus reference over the mismatched pairs, before the clamp. */
  readonly raw: number;
  /** Standard error of that mean; NaN below two pairs. */
  readonly standardError: number;
  readonly clamped: boolean;
}

export interface Example {
  readonly desirable: boolean;
  readonly policyLogp: number;
  readonly referenceLogp: number;
  /** Completion tokens; the sft loss is a mean over them. */
  readonly completionLength: number;
}

export interface ExampleLoss {
  readonly loss: number;
  /** d(loss) / d(policyLogp); the mean over the global batch is taken later, once. */
  readonly slope: number;
  /** beta · (policy − reference). */
  readonly reward: number;
  /** σ(u)·σ(−u)·4: 1 where the loss reacts most, 0 where it is saturated. */
  readonly sensitivity: number;
}

export const NO_REFERENCE_POINT: ReferencePoint = { z0: 0, raw: 0, standardError: 0, clamped: false };

/**
 * z0 over a whole global batch, summed in the order given.
 * @param logRatios policy minus reference log-prob of each mismatched pair, in example order.
 */
export function referencePoint(logRatios: readonly number[]): ReferencePoint {
  if (logRatios.length === 0) return NO_REFERENCE_POINT;
  let sum = 0;
  for (const ratio of logRatios) sum += ratio;
  const raw = sum / logRatios.length;
  let squares = 0;
  for (const ratio of logRatios) squares += (ratio - raw) ** 2;
  const variance = squares / (logRatios.length - 1);
  return { z0: Math.max(0, raw), raw, standardError: Math.sqrt(variance / logRatios.length), clamped: raw < 0 };
}

/**
 * Loss, slope and reward of one example.
 * @param sftScale global batch size over its number of desirable rows: makes the sft part a mean over desirable rows
 *   although the whole gradient is divided by the batch size.
 */
export function exampleLoss(example: Example, z0: number, settings: LossSettings, sftScale: number): ExampleLoss {
  const reward = settings.beta * (example.policyLogp - example.referenceLogp);
  const sft = example.desirable ? sftLoss(example, sftScale) : { loss: 0, slope: 0 };
  if (settings.type === 'sft') return { ...sft, reward, sensitivity: 1 };
  const sign = example.desirable ? 1 : -1;
  const lambda = example.desirable ? settings.desirableWeight : settings.undesirableWeight;
  const u = sign * (reward - settings.beta * z0);
  const rise = sigmoid(u);
  const fall = sigmoid(-u);
  return {
    loss: lambda * fall + settings.sftWeight * sft.loss,
    slope: -lambda * sign * settings.beta * rise * fall + settings.sftWeight * sft.slope,
    reward,
    sensitivity: 4 * rise * fall,
  };
}

/** Mean negative log-prob of a completion's tokens. */
function sftLoss(example: Example, sftScale: number): { loss: number; slope: number } {
  const scale = sftScale / example.completionLength;
  return { loss: -example.policyLogp * scale, slope: -scale };
}

/** Exact on both tails: never 1 − a number next to 1. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** Losses that compare with a reference model; sft does not. */
export function needsReference(type: LossType): boolean {
  return type !== 'sft';
}

/** Losses that estimate the reference point from mismatched pairs. */
export function needsMismatchedPairs(type: LossType): boolean {
  return type === 'kto';
}

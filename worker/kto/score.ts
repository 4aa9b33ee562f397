/** Log-probs of completions, without gradient. */
import * as tf from '@tensorflow/tfjs-core';
import type { ScoreRequest, SequenceInput, SequenceScore } from '../compute/compute.js';
import { type Decoder, forward } from '../model/decoder.js';
import { scoreTokens, type TokenScores } from '../model/head.js';
import type { Role } from '../model/layers/linear.js';
import { type Packed, packSequences } from './completion-positions.js';

/** Sums over one sequence's completion tokens, float64. */
export interface SequenceSums {
  readonly logp: number;
  readonly entropySum: number;
  readonly logitSum: number;
}

/**
 * Scores a microbatch. What was not asked for, or is known already, is not computed: an unknown reference is the policy
 * itself (reward 0), an unasked policy is 0.
 */
export function scoreSequences(decoder: Decoder, request: ScoreRequest): SequenceScore[] {
  const policy = request.policy ? sumsOf(decoder, request.sequences, 'policy') : undefined;
  const reference = request.reference ? referenceLogps(decoder, request.sequences) : undefined;
  return request.sequences.map((sequence, index) => {
    const own = policy?.[index] ?? { logp: 0, entropySum: 0, logitSum: 0 };
    return scoreOf(sequence, own, reference?.[index] ?? sequence.referenceLogp ?? own.logp);
  });
}

export function scoreOf({ row }: SequenceInput, sums: SequenceSums, referenceLogp: number): SequenceScore {
  return { row, policyLogp: sums.logp, referenceLogp, entropySum: sums.entropySum, logitSum: sums.logitSum };
}

/** Known reference log-probs are passed on; if any is missing the whole microbatch is computed, so that bits don't depend on which. */
export function referenceLogps(decoder: Decoder, sequences: readonly SequenceInput[]): number[] {
  const known = sequences.map(({ referenceLogp }) => referenceLogp);
  if (known.every((logp) => logp !== undefined)) return known;
  const computed = sumsOf(decoder, sequences, 'reference');
  return known.map((logp, index) => logp ?? computed[index]!.logp);
}

function sumsOf(decoder: Decoder, sequences: readonly SequenceInput[], role: Role): SequenceSums[] {
  const packed = packSequences(sequences);
  const hidden = tf.tidy(() => gatherRows(forward(decoder, packed.tokens, role), packed.positions));
  const scores = scoreTokens(decoder.head, { hidden, targets: packed.targets });
  hidden.dispose();
  return sumTokens(scores, packed);
}

/** Rows `positions` of x [n, width]. */
export function gatherRows(x: tf.Tensor, positions: Int32Array): tf.Tensor {
  return tf.tidy(() => tf.gather(x, tf.tensor1d(positions, 'int32')));
}

export function sumTokens(scores: TokenScores, { starts }: Packed): SequenceSums[] {
  const sum = (values: Float64Array, from: number, to: number): number => {
    let total = 0;
    for (let i = from; i < to; i++) total += values[i]!;
    return total;
  };
  return starts.slice(0, -1).map((from, sequence) => {
    const to = starts[sequence + 1]!;
    return {
      logp: sum(scores.logps, from, to),
      entropySum: sum(scores.entropies, from, to),
      logitSum: sum(scores.logits, from, to),
    };
  });
}

/** Log-probs of completions, without gradient. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Leaf, ScoreRequest, SequenceInput, SequenceScore } from '../compute/compute.js';
import { release } from '../engine/kernels/scope.js';
import { type Decoder, forward, forwardKeeping } from '../model/decoder.js';
import { scoreTokens, type TokenScores } from '../model/head.js';
import type { Role } from '../model/layers/linear.js';
import type { KeysAndValues } from '../model/layers/self-attention.js';
import { dropKeysAndValues } from '../model/training-pass.js';
import { type Packed, packBeside, packSequences } from './completion-positions.js';
import { gatherRows } from './gather-rows.js';
import { firstRow, type LeafPasses } from './leaf-passes.js';

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
export function scoreSequences(decoder: Decoder, request: ScoreRequest, passes: LeafPasses): SequenceScore[] {
  const policy = request.policy ? policySums(decoder, request, passes) : undefined;
  const reference = request.reference ? referenceOf(decoder, request, passes) : undefined;
  return request.sequences.map((sequence, index) => {
    const own = policy?.[index] ?? { logp: 0, entropySum: 0, logitSum: 0 };
    return scoreOf(sequence, own, reference?.[index] ?? sequence.referenceLogp ?? own.logp);
  });
}

export function scoreOf({ row }: SequenceInput, sums: SequenceSums, referenceLogp: number): SequenceScore {
  return { row, policyLogp: sums.logp, referenceLogp, entropySum: sums.entropySum, logitSum: sums.logitSum };
}

/** Log-probs of the reference, each sequence by itself from its beginning. */
export function referenceSums(decoder: Decoder, sequences: readonly SequenceInput[]): number[] {
  return logpsOf(sumsOf(decoder, packSequences(sequences), 'reference'));
}

function logpsOf(sums: readonly SequenceSums[]): number[] {
  return sums.map(({ logp }) => logp);
}

function policySums(
  decoder: Decoder,
  { sequences, beside, keepsBeside = false }: ScoreRequest,
  passes: LeafPasses,
): SequenceSums[] {
  if (beside === undefined) return sumsOf(decoder, packSequences(sequences), 'policy');
  if (!keepsBeside) return besideSums(decoder, sequences, beside, 'policy', () => {});
  const pass = passes.begin(decoder, beside);
  const packed = packBeside(sequences, beside.sequences, pass.packed.rows.spans);
  const sums = sumsOf(decoder, packed, 'policy', pass.training.keysAndValues);
  dropKeysAndValues(pass.training);
  passes.keep(decoder, beside, pass);
  return sums;
}

/**
 * Known ones are passed on; if any is missing the whole microbatch is computed, so that bits don't depend on which. Beside
 * a leaf whose own reference is wanted next, both come from one pass; beside one that is known already, pairs alone cost
 * less than the leaf and their completions. What is known was committed before the step: all workers are told the same.
 */
function referenceOf(decoder: Decoder, request: ScoreRequest, passes: LeafPasses): number[] {
  const { sequences, beside, keepsBeside = false } = request;
  const known = sequences.map(({ referenceLogp }) => referenceLogp);
  if (known.every((logp) => logp !== undefined)) return known;
  const isBesideKnown = beside?.sequences.every(({ referenceLogp }) => referenceLogp !== undefined);
  const computed =
    beside && !isBesideKnown
      ? besideSums(decoder, sequences, beside, 'reference', (leaf, hidden) => {
          if (keepsBeside) passes.references.set(firstRow(beside), logpsOf(headSums(decoder, leaf, hidden)));
        })
      : sumsOf(decoder, packSequences(sequences), 'reference');
  return known.map((logp, index) => logp ?? computed[index]!.logp);
}

/** @param visit sees the leaf's own hidden states. */
function besideSums(
  decoder: Decoder,
  sequences: readonly SequenceInput[],
  beside: Leaf,
  role: Role,
  visit: (leaf: Packed, hidden: tf.Tensor) => void,
): SequenceSums[] {
  const leaf = packSequences(beside.sequences);
  const { hidden, keysAndValues } = forwardKeeping(decoder, leaf.rows, role);
  visit(leaf, hidden);
  hidden.dispose();
  const sums = sumsOf(decoder, packBeside(sequences, beside.sequences, leaf.rows.spans), role, keysAndValues);
  release(keysAndValues);
  return sums;
}

function sumsOf(decoder: Decoder, packed: Packed, role: Role, earlier?: readonly KeysAndValues[]): SequenceSums[] {
  const hidden = forward(decoder, packed.rows, role, earlier);
  const sums = headSums(decoder, packed, hidden);
  hidden.dispose();
  return sums;
}

function headSums({ head }: Decoder, packed: Packed, hidden: tf.Tensor): SequenceSums[] {
  const rows = gatherRows(hidden, packed.positions);
  const scores = scoreTokens(head, { hidden: rows, targets: packed.targets });
  rows.dispose();
  return sumTokens(scores, packed);
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

/**
 * Sequences that are computed together: cut into microbatches, and their scores put back into order. Neither the cut
 * nor the order knows how many workers there are.
 */
import { ProspectError } from '../core/errors.js';
import { cutMicrobatches, type MicrobatchLimits } from '../core/microbatches.js';
import type { Microbatch, SequenceScore } from '../proto/gen/prospect/v1/coordinator.js';

export interface PlannedSequence {
  /** Position in the dataset. */
  readonly row: number;
  readonly desirable: boolean;
  /** Prompt and completion. */
  readonly tokenIds: Uint32Array;
  readonly promptLength: number;
}

export interface Batch {
  readonly sequences: readonly PlannedSequence[];
  /** Positions in `sequences`; the index of a microbatch is its leaf number. */
  readonly microbatches: readonly (readonly number[])[];
  /** Of mismatched pairs: the leaf of the same rows for each microbatch. */
  readonly beside?: { readonly batch: Batch; readonly leaves: readonly number[] };
}

/** Reference log-prob of the sequence at a position, nats; undefined where not known. */
export type KnownReference = (position: number) => number | undefined;

export const EMPTY_BATCH: Batch = { sequences: [], microbatches: [] };

export function cutBatch(sequences: readonly PlannedSequence[], limits: MicrobatchLimits): Batch {
  const lengths = sequences.map((sequence) => sequence.tokenIds.length);
  return { sequences, microbatches: cutMicrobatches(lengths, limits) };
}

/**
 * Mismatched pairs, cut as the matched rows are, with which they have their prompts in common.
 * @param rowOf position in `matched` of each pair's row
 */
export function cutBeside(pairs: readonly PlannedSequence[], rowOf: readonly number[], matched: Batch): Batch {
  const pairOf = new Map(rowOf.map((row, pair) => [row, pair]));
  const leaves = matched.microbatches.map((rows, leaf) => ({
    leaf,
    pairs: rows.flatMap((row) => pairOf.get(row) ?? []),
  }));
  const used = leaves.filter((leaf) => leaf.pairs.length > 0);
  return {
    sequences: pairs,
    microbatches: used.map((leaf) => leaf.pairs),
    beside: { batch: matched, leaves: used.map(({ leaf }) => leaf) },
  };
}

/**
 * Tokens of each microbatch: what it costs to compute. Pairs cost what their leaf does, so that a worker that is given
 * both can compute the leaf's forward pass once.
 */
export function costsOf({ sequences, microbatches, beside }: Batch): number[] {
  if (beside) {
    const costs = costsOf(beside.batch);
    return beside.leaves.map((leaf) => costs[leaf]!);
  }
  return microbatches.map((positions) => positions.reduce((sum, at) => sum + sequences[at]!.tokenIds.length, 0));
}

/** @param numbers which microbatches. @param knownBeside of the leaves beside the pairs. */
export function microbatchMessages(
  batch: Batch,
  numbers: readonly number[],
  known: KnownReference,
  knownBeside: KnownReference = () => undefined,
): Microbatch[] {
  const { beside } = batch;
  return numbers.map((number) => ({
    number,
    leaf: beside && microbatchMessages(beside.batch, [beside.leaves[number]!], knownBeside)[0],
    sequences: batch.microbatches[number]!.map((position) => {
      const { tokenIds, ...sequence } = batch.sequences[position]!;
      const bytes = Buffer.from(tokenIds.buffer, tokenIds.byteOffset, tokenIds.byteLength);
      return { ...sequence, tokenIds: bytes, referenceLogp: known(position) };
    }),
  }));
}

/** Scores of a batch as they arrive, whoever computed them: by position in the batch. */
export type Scores = (SequenceScore | undefined)[];

export function noScores({ sequences }: Batch): Scores {
  return new Array<SequenceScore | undefined>(sequences.length).fill(undefined);
}

/** @throws PROTOCOL when they are not the scores of this microbatch. */
export function checkScores(batch: Batch, number: number, scores: readonly SequenceScore[]): void {
  const positions = batch.microbatches[number];
  if (!positions || positions.length !== scores.length) {
    const due = positions ? `${positions.length} were due` : 'there is no such microbatch';
    throw new ProspectError('PROTOCOL', `${scores.length} scores came for microbatch ${number}: ${due}`);
  }
  for (const [i, position] of positions.entries()) {
    const [due, row] = [batch.sequences[position]!.row, scores[i]!.row];
    if (due !== row) throw new ProspectError('PROTOCOL', `the score of row ${due} was due, got row ${row}`);
  }
}

/** Keeps a microbatch's scores, which were checked; those that are there already stay. */
export function keepScores(batch: Batch, number: number, scores: readonly SequenceScore[], into: Scores): void {
  for (const [i, position] of batch.microbatches[number]!.entries()) into[position] ??= scores[i]!;
}

/** @throws INTERNAL when one is missing. */
export function completeScores(scores: Scores): SequenceScore[] {
  return scores.map((score, position) => {
    if (!score) throw new ProspectError('INTERNAL', `the score at position ${position} of the batch is missing`);
    return score;
  });
}

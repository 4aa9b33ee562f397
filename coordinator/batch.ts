/**
 * Sequences that are computed together: cut into microbatches, shared out among workers, and their scores put back
 * into order. Neither the cut nor the order knows how many workers there are.
 */
import { ProspectError } from '../core/errors.js';
import { assignLeaves, cutMicrobatches, type MicrobatchLimits } from '../core/microbatches.js';
import type { LeafRange } from '../core/reduction-tree.js';
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
}

/** Reference log-prob of the sequence at a position, nats; undefined where not known. */
export type KnownReference = (position: number) => number | undefined;

export const EMPTY_BATCH: Batch = { sequences: [], microbatches: [] };

export function cutBatch(sequences: readonly PlannedSequence[], limits: MicrobatchLimits): Batch {
  const lengths = sequences.map((sequence) => sequence.tokenIds.length);
  return { sequences, microbatches: cutMicrobatches(lengths, limits) };
}

/** Contiguous leaves for each worker, by the padded tokens of each leaf. */
export function shareOut(batch: Batch, workers: number): LeafRange[] {
  const costs = batch.microbatches.map(
    (positions) => positions.length * Math.max(...positions.map((at) => batch.sequences[at]!.tokenIds.length)),
  );
  // Equal speeds until workers are measured.
  return assignLeaves(costs, new Array<number>(workers).fill(1));
}

export function microbatchMessages(batch: Batch, { start, end }: LeafRange, known: KnownReference): Microbatch[] {
  return batch.microbatches.slice(start, end).map((positions, i) => ({
    leaf: start + i,
    sequences: positions.map((position) => {
      const { tokenIds, ...sequence } = batch.sequences[position]!;
      const bytes = Buffer.from(tokenIds.buffer, tokenIds.byteOffset, tokenIds.byteLength);
      return { ...sequence, tokenIds: bytes, referenceLogp: known(position) };
    }),
  }));
}

/**
 * Scores in the order of the batch's sequences.
 * @param reports scores of each worker, in the order of its microbatches.
 * @throws PROTOCOL when they are not the scores of this batch.
 */
export function scoresInOrder(batch: Batch, reports: readonly (readonly SequenceScore[])[]): SequenceScore[] {
  const scores = reports.flat();
  const positions = batch.microbatches.flat();
  const ordered = new Array<SequenceScore>(positions.length);
  for (const [i, position] of positions.entries()) {
    const score = scores[i];
    if (score?.row !== batch.sequences[position]!.row) {
      const due = `row ${batch.sequences[position]!.row}`;
      throw new ProspectError('PROTOCOL', `the score of ${due} was due, got ${score ? `row ${score.row}` : 'nothing'}`);
    }
    ordered[position] = score;
  }
  if (scores.length === positions.length) return ordered;
  throw new ProspectError('PROTOCOL', `${scores.length} scores came for ${positions.length} sequences`);
}

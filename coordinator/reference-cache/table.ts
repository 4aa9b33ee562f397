/**
 * Reference log-probs that are known, in nats. They never change during a run, so each is computed once where it can be:
 * all of them ahead for full fine-tuning (the starting weights are gone after the first step), and as the steps meet
 * them for an adapter.
 */

export interface ReferenceTable {
  /** By row; NaN where not known. */
  readonly matched: Float64Array;
  /** By pair; empty where pairs are not kept. */
  readonly mismatched: Float64Array;
}

export interface RunReferences {
  /** `mismatched` by step and position in the batch. */
  readonly train: ReferenceTable;
  /** `mismatched` by row: evaluations always use the same pairs. */
  readonly heldOut: ReferenceTable;
}

/** @param pairs how many mismatched pairs to keep. */
export function createReferenceTable(rows: number, pairs: number): ReferenceTable {
  return { matched: new Float64Array(rows).fill(Number.NaN), mismatched: new Float64Array(pairs).fill(Number.NaN) };
}

export function known(values: Float64Array, index: number): number | undefined {
  const value = values[index];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/** First pair of a step in `mismatched` of the training table; steps count from 1. */
export function firstPair(step: number, globalBatch: number): number {
  return (step - 1) * globalBatch;
}

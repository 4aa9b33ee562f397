/**
 * Reference log-probs that are known, in nats. They never change during a run, so each is computed once where it can be:
 * all of them ahead for full fine-tuning (the starting weights are gone after the first step), and as the steps meet
 * them for an adapter.
 */
import type { RunConfig } from '../../core/config/schema.js';
import type { ReferenceLine } from './log.js';

export interface ReferenceTable {
  /** By row; NaN where not known. */
  readonly matched: Float64Array;
  /** By `pairPlace`; NaN where not known. */
  readonly mismatched: Float64Array;
}

export interface RunReferences {
  /** What the run's own steps have committed, or what was scored ahead of them. */
  readonly train: ReferenceTable;
  /** `mismatched` by row: evaluations always use the same pairs. */
  readonly heldOut: ReferenceTable;
}

/** @param pairs how many mismatched pairs to keep. */
export function createReferenceTable(rows: number, pairs: number): ReferenceTable {
  return { matched: new Float64Array(rows).fill(Number.NaN), mismatched: new Float64Array(pairs).fill(Number.NaN) };
}

export function fillTable(
  { matched, mismatched }: ReferenceTable,
  line: Omit<ReferenceLine, 'step' | 'attempt'>,
): void {
  for (const [i, row] of line.rows.entries()) matched[row] = line.logps[i]!;
  for (const [i, pair] of line.pairs.entries()) mismatched[pair] = line.pairLogps[i]!;
}

export function known(values: Float64Array, index: number): number | undefined {
  const value = values[index];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/** How many places for pairs the table of the training rows has. */
export function pairPlaces({ data, training }: RunConfig, rows: number, steps: number): number {
  return data.pairs === 'fixed' ? rows : steps * training.globalBatch;
}

/**
 * By row where pairs are fixed, otherwise by step and position in its batch, which says in which epoch it was drawn.
 * @param step 1-based @param position in the step's batch with nobody set aside
 */
export function pairPlace({ data, training }: RunConfig, step: number, position: number, row: number): number {
  return data.pairs === 'fixed' ? row : (step - 1) * training.globalBatch + position;
}

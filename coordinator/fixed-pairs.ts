/** The fixed pairs of a run's rows, drawn when they are first asked for. */
import { fixedPartners } from '../core/order/fixed-pairs.js';
import type { RowSource } from './row-source.js';

interface Drawn {
  readonly seed: number;
  readonly partners: Uint32Array;
}

/** Steps are planned one by one, and drawing again for each would cost as much as the rows are many. */
const drawn = new WeakMap<RowSource, Drawn>();

/** @returns by row, the row whose completion goes with its prompt */
export function fixedPartnersOf(rows: RowSource, seed: number): Uint32Array {
  const before = drawn.get(rows);
  if (before?.seed === seed) return before.partners;
  const partners = fixedPartners(rows.size, (row) => rows.promptKey(row), seed);
  drawn.set(rows, { seed, partners });
  return partners;
}

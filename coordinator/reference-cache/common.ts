/**
 * Reference log-probs of an adapter run that other runs of the same key come to as well, whatever their learning rate:
 * read from the cache at the start, added to by each step, and left in the cache at the end.
 *
 * No bit of a run depends on them. A log-prob's bits are those of the microbatch in which it was computed (its shapes),
 * for a pair also of what was known of the leaf beside it. As long as no row is set aside, both follow from the plan and
 * the number of the step alone; so only steps without rows set aside give and take here, from the first one on without
 * a gap. Within these steps everything is known and nothing is computed; after them a step finds known what the steps
 * before it met, which is what it finds without a cache.
 */
import type { ReferenceLine } from './log.js';
import { createReferenceTable, fillTable, type ReferenceTable } from './table.js';

export interface CommonReferences {
  readonly table: ReferenceTable;
  /** The first so many steps are in the table. */
  steps: number;
  /** The first so many are in the cache. */
  cachedSteps: number;
}

export function createCommonReferences({ matched, mismatched }: ReferenceTable): CommonReferences {
  return { table: createReferenceTable(matched.length, mismatched.length), steps: 0, cachedSteps: 0 };
}

/** A committed step, with what it used, computed by itself or known before. */
export function addCommon(common: CommonReferences, used: ReferenceLine): void {
  if (used.attempt !== 0 || used.step !== common.steps + 1) return;
  fillTable(common.table, used);
  common.steps = used.step;
}

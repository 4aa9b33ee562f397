/** Rows that no step has yet, by class, oldest first. */
import { type BatchRules, chooseRows, type WaitingCounts } from './form-batch.js';

export interface WaitingRows {
  add(row: number, desirable: boolean): void;
  counts(): WaitingCounts;
  /** Takes the rows of a batch out. @returns ascending */
  take(rules: BatchRules): number[];
  /** Ascending. */
  all(): number[];
  /** Leaves only the rows for which it holds. */
  keep(holds: (row: number) => boolean): void;
}

export function createWaitingRows(): WaitingRows {
  const classes = { desirable: [] as number[], undesirable: [] as number[] };
  return {
    add: (row, desirable) => void (desirable ? classes.desirable : classes.undesirable).push(row),
    counts: () => ({ desirable: classes.desirable.length, undesirable: classes.undesirable.length }),
    take(rules) {
      const rows = chooseRows(classes.desirable, classes.undesirable, rules);
      const taken = new Set(rows);
      for (const waiting of [classes.desirable, classes.undesirable]) {
        // Those of a batch are the oldest of their class.
        const left = waiting.findIndex((row) => !taken.has(row));
        waiting.splice(0, left === -1 ? waiting.length : left);
      }
      return rows;
    },
    all: () => [...classes.desirable, ...classes.undesirable].sort((a, b) => a - b),
    keep(holds) {
      classes.desirable = classes.desirable.filter(holds);
      classes.undesirable = classes.undesirable.filter(holds);
    },
  };
}

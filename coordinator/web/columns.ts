/**
 * The steps of a run as columns of numbers, for curves: a run of 100,000 steps is a few megabytes, and any stretch of it is
 * summed up in milliseconds.
 */
import type { EventOf } from '../../core/events/run-event.js';

/** What is drawn or shown of each step; the rest of its metrics is in metrics.jsonl. */
const METRICS = [
  'loss',
  'rewards/chosen',
  'rewards/rejected',
  'rewards/margins',
  'kl',
  'kl/raw',
  'kl/stderr',
  'saturation',
  'grad_norm',
  'learning_rate',
  'tokens_per_second',
  'epoch',
  'workers',
] as const;

/** Wall-clock seconds of the whole step. */
const STEP_SECONDS = 'step_seconds';

export const COLUMN_NAMES = [...METRICS, STEP_SECONDS] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];

const FIRST_CAPACITY = 1024;

export interface Columns {
  /** The last step that is known; 0: none. */
  last(): number;
  /** How often steps were forgotten: what was told before that is no longer so. */
  cuts(): number;
  /** Step 1 is at 0; NaN where there is no number. Steps that are added may be in another array. */
  of(name: ColumnName): Float64Array;
  add(step: number, metrics: EventOf<'step'>['metrics']): void;
  /** Forgets what came after a step, because it will come out otherwise. */
  cutBack(step: number): void;
}

export function createColumns(): Columns {
  const columns = new Map<ColumnName, Float64Array>(COLUMN_NAMES.map((name) => [name, new Float64Array()]));
  let capacity = 0;
  let last = 0;
  let cuts = 0;
  const makeRoom = (step: number) => {
    if (step <= capacity) return;
    capacity = Math.max(FIRST_CAPACITY, 2 * capacity, step);
    for (const name of COLUMN_NAMES) {
      const grown = new Float64Array(capacity).fill(Number.NaN);
      grown.set(columns.get(name)!);
      columns.set(name, grown);
    }
  };
  return {
    last: () => last,
    cuts: () => cuts,
    of: (name) => columns.get(name)!,
    add(step, metrics) {
      makeRoom(step);
      last = Math.max(last, step);
      for (const name of METRICS) columns.get(name)![step - 1] = metrics?.[name] ?? Number.NaN;
      columns.get(STEP_SECONDS)![step - 1] = metrics ? sum(Object.values(metrics.seconds)) : Number.NaN;
    },
    cutBack(step) {
      if (step >= last) return;
      for (const column of columns.values()) column.fill(Number.NaN, step, last);
      last = step;
      cuts++;
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * When the rows that wait become a batch, and which of them: pure decisions, with time passed in. Full batches depend on
 * the rows and their order alone, never on when they came; only a batch that is made small at its deadline does.
 */

/** Rows that no step has, of each class. */
export interface WaitingCounts {
  readonly desirable: number;
  readonly undesirable: number;
}

export interface BatchRules {
  readonly globalBatch: number;
  readonly minOfEachClass: number;
  readonly maxWaitMs: number;
}

export interface MissingRows extends WaitingCounts {
  /** Of whatever class. */
  readonly any: number;
}

export type BatchDecision =
  | { readonly kind: 'form' }
  | {
      readonly kind: 'wait';
      /** When there is a smaller batch; undefined: rows alone can change anything. */
      readonly untilMs: number | undefined;
      /** Rows that must come before there can be any batch. A deadline does not help. */
      readonly missing: MissingRows;
    };

/** A row alone has no other row to be paired with. */
const SMALLEST_BATCH = 2;

/** @param sinceMs when rows began to be waited for although there are some; undefined: there is none. */
export function decideBatch(
  waiting: WaitingCounts,
  rules: BatchRules,
  sinceMs: number | undefined,
  nowMs: number,
): BatchDecision {
  const { globalBatch, minOfEachClass, maxWaitMs } = rules;
  const total = waiting.desirable + waiting.undesirable;
  const missing = {
    desirable: Math.max(0, minOfEachClass - waiting.desirable),
    undesirable: Math.max(0, minOfEachClass - waiting.undesirable),
    any: Math.max(0, SMALLEST_BATCH - total),
  };
  if (missing.desirable + missing.undesirable + missing.any > 0) return { kind: 'wait', untilMs: undefined, missing };
  const isLate = sinceMs !== undefined && nowMs >= sinceMs + maxWaitMs;
  if (total < globalBatch && !isLate) {
    return { kind: 'wait', untilMs: (sinceMs ?? nowMs) + maxWaitMs, missing };
  }
  return { kind: 'form' };
}

/** Rows that are read ahead of the steps; more would only fill the disk. */
const READ_AHEAD_ROWS = 1024;
const READ_AHEAD_BATCHES = 8;

/** Reading goes on, however many rows wait, while those of one class are missing. */
export function needsMoreRows({ desirable, undesirable }: WaitingCounts, rules: BatchRules): boolean {
  const enough = Math.max(READ_AHEAD_ROWS, READ_AHEAD_BATCHES * rules.globalBatch);
  return desirable + undesirable < enough || Math.min(desirable, undesirable) < rules.minOfEachClass;
}

/**
 * The oldest rows, but so many of each class at least: the newest of one class then make room for the oldest of the other.
 * @param desirable rows that wait, oldest first, as `undesirable`.
 * @returns ascending
 */
export function chooseRows(
  desirable: readonly number[],
  undesirable: readonly number[],
  { globalBatch, minOfEachClass }: BatchRules,
): number[] {
  const size = Math.min(globalBatch, desirable.length + undesirable.length);
  const oldest = countAmongOldest(desirable, undesirable, size);
  const least = Math.max(minOfEachClass, size - undesirable.length);
  const most = Math.min(size - minOfEachClass, desirable.length);
  const count = Math.min(Math.max(oldest, least), most);
  return [...desirable.slice(0, count), ...undesirable.slice(0, size - count)].sort((a, b) => a - b);
}

/** How many of the `size` oldest rows of both classes are desirable. */
function countAmongOldest(desirable: readonly number[], undesirable: readonly number[], size: number): number {
  let count = 0;
  for (let taken = 0; taken < size; taken++) {
    const [good, bad] = [desirable[count], undesirable[taken - count]];
    if (good !== undefined && (bad === undefined || good < bad)) count++;
  }
  return count;
}

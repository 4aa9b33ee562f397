/**
 * Cuts a global batch into microbatches, and shares the microbatches out. The cut depends on the data alone, never on
 * how many workers there are: microbatches are the leaves of the reduction tree, so the cut is part of the result's bits.
 */
import type { LeafRange } from './reduction-tree.js';

export interface MicrobatchLimits {
  /** Most tokens of a microbatch. A longer sequence is alone. */
  readonly tokens: number;
  readonly rows?: number | undefined;
}

/**
 * @param lengths tokens of each sequence
 * @returns indices into `lengths`, longest first (equal lengths in their given order), each index once
 */
export function cutMicrobatches(lengths: readonly number[], limits: MicrobatchLimits): number[][] {
  const sorted = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const mostRows = limits.rows ?? Number.POSITIVE_INFINITY;
  const microbatches: number[][] = [];
  let current: number[] = [];
  let tokens = 0;
  for (const index of sorted) {
    const isFull = current.length >= mostRows || tokens + lengths[index]! > limits.tokens;
    if (current.length > 0 && isFull) {
      microbatches.push(current);
      current = [];
      tokens = 0;
    }
    current.push(index);
    tokens += lengths[index]!;
  }
  if (current.length > 0) microbatches.push(current);
  return microbatches;
}

/**
 * Contiguous leaf ranges, one a worker in the given order, such that the slowest worker finishes as early as possible.
 * @param costs work of each leaf, in any unit, above 0
 * @param speeds work per time of each worker, above 0
 * @returns ranges that cover all leaves; a worker may get an empty one
 */
export function assignLeaves(costs: readonly number[], speeds: readonly number[]): LeafRange[] {
  const costBefore = prefixSums(costs);
  const speedBefore = prefixSums(speeds);
  const splits: number[][] = [];
  let finish = costBefore.map((cost) => cost / speeds[0]!);
  for (let worker = 1; worker < speeds.length; worker++) {
    const best = bestSplits(finish, costBefore, speeds[worker]!, speedBefore[worker]! / speedBefore[worker + 1]!);
    splits.push(best);
    finish = best.map((split, end) =>
      Math.max(finish[split]!, (costBefore[end]! - costBefore[split]!) / speeds[worker]!),
    );
  }
  return rangesOf(splits, costs.length);
}

/**
 * Where the last worker starts when leaves 0 … end−1 are shared, for every end. Among equally good splits the one
 * nearest to the speeds' proportion, so that nobody idles without need. With a later split those before finish later and
 * the last one sooner: the best lies where the two cross, and moves on with the end.
 */
function bestSplits(
  finishBefore: readonly number[],
  costBefore: readonly number[],
  speed: number,
  shareBefore: number,
): number[] {
  const lastEqual = lastOfEqual(finishBefore);
  let cross = 0;
  let proportional = 0;
  return costBefore.map((total, end) => {
    const finishOfLast = (split: number) => (total - costBefore[split]!) / speed;
    while (finishBefore[cross]! < finishOfLast(cross)) cross += 1;
    const after = finishBefore[cross]!;
    const before = cross === 0 ? Number.POSITIVE_INFINITY : finishOfLast(cross - 1);
    const first = before <= after ? cross - 1 : cross;
    const last = after <= before ? Math.min(lastEqual[cross]!, end) : cross - 1;
    const target = shareBefore * total;
    while (costBefore[proportional]! < target) proportional += 1;
    const isPreviousNearer =
      proportional > 0 && target - costBefore[proportional - 1]! <= costBefore[proportional]! - target;
    const nearest = isPreviousNearer ? proportional - 1 : proportional;
    return Math.min(Math.max(nearest, first), last);
  });
}

/** @param values never falling */
function lastOfEqual(values: readonly number[]): number[] {
  const last = values.map((_, i) => i);
  for (let i = values.length - 2; i >= 0; i--) if (values[i] === values[i + 1]) last[i] = last[i + 1]!;
  return last;
}

function rangesOf(splits: readonly (readonly number[])[], leafCount: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let end = leafCount;
  for (const best of splits.toReversed()) {
    ranges.push({ start: best[end]!, end });
    end = best[end]!;
  }
  ranges.push({ start: 0, end });
  return ranges.reverse();
}

function prefixSums(values: readonly number[]): number[] {
  const sums = [0];
  for (const value of values) sums.push(sums.at(-1)! + value);
  return sums;
}

/**
 * Cuts a global batch into microbatches, and shares the microbatches out. The cut depends on the data alone, never on
 * how many workers there are: microbatches are the leaves of the reduction tree, so the cut is part of the result's bits.
 */
import type { LeafRange } from './reduction-tree.js';

export interface MicrobatchLimits {
  /** Most tokens of a microbatch, padding included: rows times the longest row. A longer sequence is alone. */
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
  for (const index of sorted) {
    const longest = lengths[current[0] ?? index]!;
    const isFull = current.length >= mostRows || (current.length + 1) * longest > limits.tokens;
    if (current.length > 0 && isFull) {
      microbatches.push(current);
      current = [];
    }
    current.push(index);
  }
  if (current.length > 0) microbatches.push(current);
  return microbatches;
}

/**
 * Contiguous leaf ranges, one a worker in the given order, such that the slowest worker finishes as early as possible.
 * @param costs work of each leaf, in any unit
 * @param speeds work per time of each worker, above 0
 * @returns ranges that cover all leaves; a worker may get an empty one
 */
export function assignLeaves(costs: readonly number[], speeds: readonly number[]): LeafRange[] {
  const costBefore = prefixSums(costs);
  const splits: number[][] = [];
  let finish = costBefore.map((cost) => cost / speeds[0]!);
  for (let worker = 1; worker < speeds.length; worker++) {
    const share = sum(speeds.slice(0, worker)) / sum(speeds.slice(0, worker + 1));
    const best = costBefore.map((_, end) => bestSplit(finish, costBefore, end, speeds[worker]!, share));
    splits.push(best);
    finish = best.map((split, end) =>
      Math.max(finish[split]!, (costBefore[end]! - costBefore[split]!) / speeds[worker]!),
    );
  }
  return rangesOf(splits, costs.length);
}

/**
 * Where the last worker starts when leaves 0 … end−1 are shared. Among equally good splits the one nearest to the
 * speeds' proportion, so that nobody idles without need.
 */
function bestSplit(
  finishBefore: readonly number[],
  costBefore: readonly number[],
  end: number,
  speed: number,
  shareBefore: number,
): number {
  const total = costBefore[end]!;
  const quality = (split: number) => ({
    finish: Math.max(finishBefore[split]!, (total - costBefore[split]!) / speed),
    unevenness: Math.abs(costBefore[split]! - shareBefore * total),
  });
  let best = 0;
  let bestQuality = quality(0);
  for (let split = 1; split <= end; split++) {
    const candidate = quality(split);
    const isBetter =
      candidate.finish < bestQuality.finish ||
      (candidate.finish === bestQuality.finish && candidate.unevenness < bestQuality.unevenness);
    if (isBetter) [best, bestQuality] = [split, candidate];
  }
  return best;
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

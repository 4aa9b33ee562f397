/**
 * A stretch of a run's curves, as few points as a screen can show: neighbouring steps become one bucket with mean, lowest
 * and highest value, so that a single spike among 100,000 steps is still seen.
 */
import { COLUMN_NAMES, type Columns } from './columns.js';

/** Steps from `from` to `to`, `size` of them a bucket. */
export interface Grid {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

export interface Curve {
  /** One each bucket; null where no step has a number. */
  readonly mean: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

export interface Curves extends Grid {
  /** The last step of each bucket. */
  readonly steps: readonly number[];
  readonly curves: Readonly<Record<string, Curve>>;
}

/** One standard error around the raw reference point: the mean of each edge. */
const BAND = 'kl/band';
const DIGITS = 6;

export function gridOf(from: number, to: number, mostBuckets: number): Grid {
  return { from, to, size: Math.max(1, Math.ceil((to - from + 1) / mostBuckets)) };
}

/** Buckets end with the last step that is known. */
export function curvesOf(columns: Columns, grid: Grid): Curves {
  const { from, size } = grid;
  const to = Math.min(grid.to, columns.last());
  const steps: number[] = [];
  for (let start = from; start <= to; start += size) steps.push(Math.min(start + size - 1, to));
  const curves: Record<string, Curve> = {};
  for (const name of COLUMN_NAMES) curves[name] = curveOf(steps, grid, columns.of(name));
  const error = columns.of('kl/stderr');
  const edge = (sign: number) => columns.of('kl/raw').map((raw, i) => raw + sign * error[i]!);
  const [low, high] = [edge(-1), edge(1)].map((column) => curveOf(steps, grid, column).mean);
  curves[BAND] = { mean: curves['kl/raw']!.mean, low: low!, high: high! };
  return { ...grid, steps, curves };
}

/** A plain loop over one array: it sees each step of the stretch. */
function curveOf(steps: readonly number[], { from, size }: Grid, column: Float64Array): Curve {
  const curve = { mean: [] as (number | null)[], low: [] as (number | null)[], high: [] as (number | null)[] };
  for (const [i, end] of steps.entries()) {
    let [total, count, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let step = from + i * size; step <= end; step++) {
      const value = column[step - 1]!;
      if (Number.isNaN(value)) continue;
      total += value;
      count++;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    curve.mean.push(count === 0 ? null : rounded(total / count));
    curve.low.push(count === 0 ? null : rounded(low));
    curve.high.push(count === 0 ? null : rounded(high));
  }
  return curve;
}

/** More digits than a screen can show would only make the answer longer. */
function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

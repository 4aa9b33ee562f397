/**
 * Weights that balance the classes: λ_D·n_D / λ_U·n_U belongs in [1, 4/3] (Ethayarajh et al., arXiv 2402.01306,
 * section 4.3), where n are the counts of desirable and undesirable rows.
 */

export const RATIO_RANGE = { low: 1, high: 4 / 3 } as const;

/** The bounds are the paper's advice, not a cliff: weights rounded to three digits still count as inside. */
const TOLERANCE = 1e-3;

export interface ClassWeights {
  readonly desirableWeight: number;
  readonly undesirableWeight: number;
}

export interface ResolvedClassWeights extends ClassWeights {
  /** What is unbalanced about weights that were given explicitly, with the numbers. */
  readonly warning?: string;
}

/** The weights of `auto` and `auto`: both 1 where that is balanced, otherwise one of them raised. */
export function recommendedWeights(desirableCount: number, undesirableCount: number): ClassWeights {
  if (desirableCount === 0 || undesirableCount === 0) return { desirableWeight: 1, undesirableWeight: 1 };
  const ratio = desirableCount / undesirableCount;
  return {
    desirableWeight: Math.max(1, RATIO_RANGE.low / ratio),
    undesirableWeight: Math.max(1, ratio / RATIO_RANGE.high),
  };
}

/** The weights of a run, with `auto` filled in from the counts. A weight beside an explicit one adapts to it. */
export function resolveWeights(
  loss: { readonly desirableWeight: number | 'auto'; readonly undesirableWeight: number | 'auto' },
  desirableCount: number,
  undesirableCount: number,
): ResolvedClassWeights {
  const { desirableWeight, undesirableWeight } = loss;
  if (desirableWeight === 'auto' && undesirableWeight === 'auto') {
    return recommendedWeights(desirableCount, undesirableCount);
  }
  const ratio = undesirableCount === 0 ? 0 : desirableCount / undesirableCount;
  if (desirableWeight === 'auto') {
    const explicit = undesirableWeight as number;
    if (ratio === 0) return { desirableWeight: 1, undesirableWeight: explicit };
    return { desirableWeight: nearestToOne(explicit / ratio, RATIO_RANGE), undesirableWeight: explicit };
  }
  if (undesirableWeight === 'auto') {
    if (ratio === 0) return { desirableWeight, undesirableWeight: 1 };
    const range = { low: 1 / RATIO_RANGE.high, high: 1 / RATIO_RANGE.low };
    return { desirableWeight, undesirableWeight: nearestToOne(desirableWeight * ratio, range) };
  }
  const weights = { desirableWeight, undesirableWeight };
  const warning = imbalance(weights, desirableCount, undesirableCount);
  return warning === undefined ? weights : { ...weights, warning };
}

function nearestToOne(unit: number, range: { low: number; high: number }): number {
  return Math.min(Math.max(1, unit * range.low), unit * range.high);
}

function imbalance(weights: ClassWeights, desirableCount: number, undesirableCount: number): string | undefined {
  if (desirableCount === 0 || undesirableCount === 0) return undefined;
  const ratio = (weights.desirableWeight * desirableCount) / (weights.undesirableWeight * undesirableCount);
  if (ratio >= RATIO_RANGE.low - TOLERANCE && ratio <= RATIO_RANGE.high + TOLERANCE) return undefined;
  const advised = recommendedWeights(desirableCount, undesirableCount);
  return (
    `the classes are out of balance: desirable ${weights.desirableWeight} × ${desirableCount} rows over ` +
    `undesirable ${weights.undesirableWeight} × ${undesirableCount} rows is ${ratio.toFixed(2)}, outside 1 to 1.33; ` +
    `set loss.desirableWeight: ${round(advised.desirableWeight)} and loss.undesirableWeight: ` +
    `${round(advised.undesirableWeight)}, or both to auto`
  );
}

function round(weight: number): number {
  return Number(weight.toPrecision(4));
}

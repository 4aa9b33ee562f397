import { describe, expect, it } from 'vitest';
import { type ClassWeights, recommendedWeights, resolveWeights } from './class-weights.js';

const ratio = (weights: ClassWeights, desirable: number, undesirable: number) =>
  (weights.desirableWeight * desirable) / (weights.undesirableWeight * undesirable);

describe('recommendedWeights', () => {
  it('leaves balanced classes at 1', () => {
    expect(recommendedWeights(100, 100)).toEqual({ desirableWeight: 1, undesirableWeight: 1 });
    expect(recommendedWeights(120, 100)).toEqual({ desirableWeight: 1, undesirableWeight: 1 });
  });

  it('raises the weight of the rarer class as far as needed and no further', () => {
    expect(recommendedWeights(50, 100)).toEqual({ desirableWeight: 2, undesirableWeight: 1 });
    expect(recommendedWeights(400, 100).desirableWeight).toBe(1);
    expect(recommendedWeights(400, 100).undesirableWeight).toBeCloseTo(3, 12);
  });

  it('leaves a single class at 1', () => {
    expect(recommendedWeights(10, 0)).toEqual({ desirableWeight: 1, undesirableWeight: 1 });
  });
});

describe('resolveWeights', () => {
  it('adapts an automatic weight to an explicit one', () => {
    const desirableAuto = resolveWeights({ desirableWeight: 'auto', undesirableWeight: 2 }, 100, 100);
    expect(desirableAuto).toEqual({ desirableWeight: 2, undesirableWeight: 2 });
    const undesirableAuto = resolveWeights({ desirableWeight: 3, undesirableWeight: 'auto' }, 100, 50);
    expect(ratio(undesirableAuto, 100, 50)).toBeCloseTo(4 / 3, 12);
  });

  it('brings every combination with an automatic weight into [1, 4/3], and warns of none of them', () => {
    for (const [desirable, undesirable] of [
      [10, 1000],
      [1000, 10],
      [70, 60],
      [1, 1],
    ] as const) {
      for (const loss of [
        { desirableWeight: 'auto', undesirableWeight: 'auto' },
        { desirableWeight: 'auto', undesirableWeight: 0.3 },
        { desirableWeight: 5, undesirableWeight: 'auto' },
      ] as const) {
        const weights = resolveWeights(loss, desirable, undesirable);
        expect(ratio(weights, desirable, undesirable)).toBeGreaterThan(1 - 1e-9);
        expect(ratio(weights, desirable, undesirable)).toBeLessThan(4 / 3 + 1e-9);
        expect(weights.warning).toBeUndefined();
      }
    }
  });

  it('warns of unbalanced explicit weights with the numbers and the remedy', () => {
    const { warning } = resolveWeights({ desirableWeight: 1, undesirableWeight: 1 }, 30, 120);
    expect(warning).toContain('desirable 1 × 30 rows over undesirable 1 × 120 rows is 0.25');
    expect(warning).toContain('loss.desirableWeight: 4');
  });
});

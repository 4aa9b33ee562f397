import { describe, expect, it } from 'vitest';
import { hashIntegers } from './mix.js';
import { pairRows } from './pairing.js';

const drawn = { pairing: 'drawn', seed: 3 } as const;

function minimalConflicts(prompts: readonly number[]): number {
  const sizes = new Map<number, number>();
  for (const prompt of prompts) sizes.set(prompt, (sizes.get(prompt) ?? 0) + 1);
  return Math.max(0, 2 * Math.max(...sizes.values()) - prompts.length);
}

/** The fewest same-prompt pairs of any derangement, by trying all of them. */
function fewestConflicts(prompts: readonly number[], at = 0, used = new Set<number>()): number {
  if (at === prompts.length) return 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (let partner = 0; partner < prompts.length; partner++) {
    if (partner === at || used.has(partner)) continue;
    const rest = fewestConflicts(prompts, at + 1, new Set([...used, partner]));
    fewest = Math.min(fewest, rest + Number(prompts[partner] === prompts[at]));
  }
  return fewest;
}

describe('drawn pairs', () => {
  it('use every completion once, never a row’s own, with as few same-prompt pairs as possible', () => {
    for (let trial = 0; trial < 500; trial++) {
      const size = 2 + (hashIntegers(trial, 1) % 20);
      const promptCount = 1 + (hashIntegers(trial, 2) % 8);
      const rows = Array.from({ length: size }, (_, i) => 100 + 7 * i);
      const promptOf = (row: number) => hashIntegers(trial, 3, row) % promptCount;
      const pairing = pairRows(rows, (row) => BigInt(promptOf(row)), drawn, trial, trial);
      expect(pairing.partners.toSorted((a, b) => a - b)).toEqual(rows);
      expect(rows.some((row, i) => row === pairing.partners[i])).toBe(false);
      expect(pairing.ownCompletion).toBe(0);
      expect(pairing.samePrompt).toBe(minimalConflicts(rows.map(promptOf)));
    }
  });

  it.each([
    { prompts: [0, 0, 0, 1, 2] },
    { prompts: [0, 0, 0, 0, 1] },
    { prompts: [0, 1, 1, 1, 1, 2] },
    { prompts: [0, 0, 1, 1, 2, 2] },
    { prompts: [5, 5, 5, 5] },
  ])('conflict as little as the best of all derangements of $prompts', ({ prompts }) => {
    const rows = prompts.map((_, i) => i);
    const { samePrompt } = pairRows(rows, (row) => BigInt(prompts[row]!), drawn, 0, 0);
    expect(samePrompt).toBe(fewestConflicts(prompts));
  });

  it('are redrawn every step and every epoch, and repeat for the same ones', () => {
    const rows = Array.from({ length: 16 }, (_, i) => i);
    const partners = (epoch: number, step: number) => pairRows(rows, BigInt, drawn, epoch, step).partners;
    expect(partners(0, 1)).toEqual(partners(0, 1));
    expect(partners(0, 1)).not.toEqual(partners(0, 2));
    expect(partners(0, 1)).not.toEqual(partners(1, 1));
  });

  it('give a row every other row as partner over the steps', () => {
    const rows = [0, 1, 2, 3, 4, 5];
    const seen = new Set(Array.from({ length: 200 }, (_, step) => pairRows(rows, BigInt, drawn, 0, step).partners[0]));
    expect([...seen].sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('count the own completion of a batch of one row', () => {
    expect(pairRows([4], BigInt, drawn, 0, 0)).toEqual({ partners: [4], ownCompletion: 1, samePrompt: 0 });
  });
});

describe('rotated pairs', () => {
  it('take the completion of the row before, the first row that of the last, and count same prompts', () => {
    const prompts = [1n, 2n, 2n, 1n];
    const pairing = pairRows([0, 1, 2, 3], (row) => prompts[row]!, { pairing: 'rotate', seed: 0 }, 0, 0);
    expect(pairing).toEqual({ partners: [3, 0, 1, 2], ownCompletion: 0, samePrompt: 2 });
  });
});

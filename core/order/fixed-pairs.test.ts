import { describe, expect, it } from 'vitest';
import { fixedPartners } from './fixed-pairs.js';
import { hashIntegers } from './mix.js';

/** The largest group can avoid itself as long as there are as many others. */
function fewestOfOnePrompt(prompts: readonly number[]): number {
  const sizes = new Map<number, number>();
  for (const prompt of prompts) sizes.set(prompt, (sizes.get(prompt) ?? 0) + 1);
  return Math.max(0, 2 * Math.max(...sizes.values()) - prompts.length);
}

describe('fixed partners', () => {
  it('use every completion once, never a row’s own, with as few of the same prompt as possible', () => {
    for (let trial = 0; trial < 500; trial++) {
      const size = 2 + (hashIntegers(trial, 1) % 40);
      const promptCount = 1 + (hashIntegers(trial, 2) % 12);
      const prompts = Array.from({ length: size }, (_, row) => hashIntegers(trial, 3, row) % promptCount);
      const partners = [...fixedPartners(size, (row) => BigInt(prompts[row]!), trial)];
      expect(partners.toSorted((a, b) => a - b)).toEqual(prompts.map((_, row) => row));
      expect(partners.some((partner, row) => partner === row)).toBe(false);
      expect(partners.filter((partner, row) => prompts[partner] === prompts[row])).toHaveLength(
        fewestOfOnePrompt(prompts),
      );
    }
  });

  it('are others for another seed, and the same for the same', () => {
    const partners = (seed: number) => fixedPartners(50, BigInt, seed);
    expect(partners(1)).toEqual(partners(1));
    expect(partners(1)).not.toEqual(partners(2));
  });

  it('can be any other row', () => {
    const seen = new Set(Array.from({ length: 300 }, (_, seed) => fixedPartners(6, BigInt, seed)[0]));
    expect([...seen].sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('keep prompts apart that differ in their upper half alone', () => {
    const prompts = [1n, 1n, 1n + (1n << 40n), 1n + (1n << 40n)];
    const partners = fixedPartners(4, (row) => prompts[row]!, 0);
    expect([...partners].every((partner, row) => prompts[partner] !== prompts[row])).toBe(true);
  });

  it('of one row are its own', () => {
    expect([...fixedPartners(1, BigInt, 0)]).toEqual([0]);
    expect([...fixedPartners(0, BigInt, 0)]).toEqual([]);
  });
});

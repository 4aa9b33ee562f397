import { describe, expect, it } from 'vitest';
import { hashIntegers, randomFrom } from './mix.js';

describe('hashIntegers', () => {
  it('depends on every key, on their order and on their number', () => {
    const hashes = [hashIntegers(1, 2), hashIntegers(2, 1), hashIntegers(1, 2, 0), hashIntegers(1), hashIntegers(1, 3)];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('tells keys apart that differ above 32 bits', () => {
    expect(hashIntegers(5)).not.toBe(hashIntegers(5 + 2 ** 32));
  });

  it('spreads consecutive keys evenly', () => {
    const buckets = new Array<number>(16).fill(0);
    for (let key = 0; key < 16_000; key++) buckets[hashIntegers(42, key) % 16]!++;
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('randomFrom', () => {
  it('gives the same numbers for the same keys and others for other keys', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, randomFrom(seed, 7));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('is uniform in [0, 1): mean a half, variance a twelfth', () => {
    const next = randomFrom(3);
    const numbers = Array.from({ length: 20_000 }, next);
    const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
    expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });
});

import { describe, expect, it } from 'vitest';
import { permutation } from './permutation.js';

function table(size: number, ...keys: number[]): number[] {
  const place = permutation(size, ...keys);
  return Array.from({ length: size }, (_, i) => place(i));
}

describe('permutation', () => {
  it.each([1, 2, 3, 5, 7, 16, 97, 1000, 4099])('is a bijection of [0, %i)', (size) => {
    for (let seed = 0; seed < 20; seed++) {
      expect(new Set(table(size, seed, 1)).size).toBe(size);
      expect(Math.max(...table(size, seed, 1))).toBe(size - 1);
    }
  });

  it('changes with each key', () => {
    expect(table(100, 1, 2, 3)).not.toEqual(table(100, 1, 3, 3));
    expect(table(100, 1, 2, 3)).not.toEqual(table(100, 1, 2, 4));
  });

  it('sends an index everywhere equally often over the seeds, for small sizes too', () => {
    for (const size of [2, 3, 5, 8, 30]) {
      const counts = new Array<number>(size).fill(0);
      const draws = size * 500;
      for (let seed = 0; seed < draws; seed++) counts[permutation(size, seed)(0)]!++;
      const chiSquare = counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
      expect(chiSquare).toBeLessThan(size - 1 + 5 * Math.sqrt(2 * (size - 1)));
    }
  });

  it('reaches every order of four', () => {
    const orders = new Set(Array.from({ length: 2000 }, (_, seed) => table(4, seed).join()));
    expect(orders.size).toBe(24);
  });

  it('leaves no trace of the file order: neighbours land independently', () => {
    const size = 10_000;
    const places = table(size, 9);
    const mean = (size - 1) / 2;
    let covariance = 0;
    for (let i = 1; i < size; i++) covariance += (places[i]! - mean) * (places[i - 1]! - mean);
    const correlation = covariance / size / ((size * size) / 12);
    expect(Math.abs(correlation)).toBeLessThan(0.04);
  });
});

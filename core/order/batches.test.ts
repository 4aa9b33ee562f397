import { describe, expect, it } from 'vitest';
import { batchRows, type ClassIndex, stepsPerEpoch } from './batches.js';
import { hashIntegers } from './mix.js';

function classIndex(size: number, desirable: (row: number) => boolean): ClassIndex {
  const rows = Array.from({ length: size }, (_, row) => row);
  return {
    size,
    desirableRows: Uint32Array.from(rows.filter(desirable)),
    undesirableRows: Uint32Array.from(rows.filter((row) => !desirable(row))),
  };
}

function epochOf(index: ClassIndex, globalBatch: number, seed: number, epoch: number): number[][] {
  const settings = { order: 'shuffled', seed, globalBatch } as const;
  return Array.from({ length: stepsPerEpoch(index.size, settings) }, (_, step) =>
    batchRows(index, settings, epoch, step),
  );
}

describe('shuffled batches', () => {
  it('cover each row once, in nearly equal sizes, with the share of each class within a row', () => {
    for (let trial = 0; trial < 300; trial++) {
      const size = 1 + (hashIntegers(trial, 1) % 120);
      const globalBatch = 1 + (hashIntegers(trial, 2) % 20);
      const tenths = hashIntegers(trial, 3) % 11;
      const index = classIndex(size, (row) => hashIntegers(trial, 4, row) % 10 < tenths);
      const batches = epochOf(index, globalBatch, trial, 0);
      const share = index.desirableRows.length / size;
      expect(batches.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, row) => row));
      const sizes = batches.map((batch) => batch.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(globalBatch);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      for (const batch of batches) {
        const desirable = batch.filter((row) => index.desirableRows.includes(row)).length;
        expect(Math.abs(desirable - share * batch.length)).toBeLessThan(1);
      }
    }
  });

  it('mix paired data, whose classes lie in blocks, into every batch', () => {
    const blocks = classIndex(64, (row) => row < 32);
    for (const batch of epochOf(blocks, 8, 1, 0)) expect(batch.filter((row) => row < 32)).toHaveLength(4);
  });

  it('mix the classes within a batch', () => {
    const blocks = classIndex(64, (row) => row < 32);
    const first = epochOf(blocks, 8, 1, 0).map((batch) => batch[0]! < 32);
    expect(new Set(first).size).toBe(2);
  });

  it('differ from epoch to epoch and from seed to seed, and repeat for the same ones', () => {
    const index = classIndex(50, (row) => row % 3 === 0);
    expect(epochOf(index, 8, 1, 0)).toEqual(epochOf(index, 8, 1, 0));
    expect(epochOf(index, 8, 1, 0)).not.toEqual(epochOf(index, 8, 1, 1));
    expect(epochOf(index, 8, 1, 0)).not.toEqual(epochOf(index, 8, 2, 0));
  });
});

describe('batches in file order', () => {
  it('are consecutive rows, the last one smaller, the same in every epoch', () => {
    const index = classIndex(10, (row) => row < 3);
    const settings = { order: 'file', seed: 1, globalBatch: 4 } as const;
    const batches = [0, 1, 2].map((step) => batchRows(index, settings, 5, step));
    expect(batches).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });
});

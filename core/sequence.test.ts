import { describe, expect, it } from 'vitest';
import { assembleSequence, fillsSequence } from './sequence.js';

const ids = (...values: number[]) => Uint32Array.from(values);

describe('assembleSequence', () => {
  it('joins what fits', () => {
    const sequence = assembleSequence(ids(1, 2), ids(3), { maxLength: 3, truncation: 'keepStart' });
    expect(sequence).toEqual({ tokenIds: ids(1, 2, 3), promptLength: 2 });
  });

  it('cuts the completion at its end with keepStart', () => {
    const sequence = assembleSequence(ids(1, 2), ids(3, 4, 5), { maxLength: 3, truncation: 'keepStart' });
    expect(sequence).toEqual({ tokenIds: ids(1, 2, 3), promptLength: 2 });
  });

  it('cuts the prompt at its start with keepEnd', () => {
    const sequence = assembleSequence(ids(1, 2, 3), ids(4, 5), { maxLength: 4, truncation: 'keepEnd' });
    expect(sequence).toEqual({ tokenIds: ids(2, 3, 4, 5), promptLength: 2 });
  });

  it('keeps one prompt token beside a completion that fills everything', () => {
    const sequence = assembleSequence(ids(1, 2), ids(3, 4, 5, 6), { maxLength: 3, truncation: 'keepEnd' });
    expect(sequence).toEqual({ tokenIds: ids(2, 3, 4), promptLength: 1 });
  });

  it('never leaves a completion empty, whatever the lengths', () => {
    for (const truncation of ['keepStart', 'keepEnd'] as const) {
      for (let promptLength = 1; promptLength < 12; promptLength++) {
        for (let completionLength = 1; completionLength < 12; completionLength++) {
          const limits = { maxLength: 6, truncation };
          if (fillsSequence(promptLength, limits)) continue;
          const sequence = assembleSequence(new Uint32Array(promptLength), new Uint32Array(completionLength), limits);
          expect(sequence.tokenIds.length).toBe(Math.min(6, promptLength + completionLength));
          expect(sequence.promptLength).toBeGreaterThan(0);
          expect(sequence.tokenIds.length).toBeGreaterThan(sequence.promptLength);
        }
      }
    }
  });
});

describe('fillsSequence', () => {
  it('is true of a prompt without room for a completion, unless the prompt may be cut', () => {
    expect(fillsSequence(6, { maxLength: 6, truncation: 'keepStart' })).toBe(true);
    expect(fillsSequence(5, { maxLength: 6, truncation: 'keepStart' })).toBe(false);
    expect(fillsSequence(9, { maxLength: 6, truncation: 'keepEnd' })).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { changesUpTo, peakOf, withKept, withLearningRate } from './learning-rates.js';

describe('learning rates by command', () => {
  const changes = [
    { fromStep: 5, learningRate: 0.5 },
    { fromStep: 9, learningRate: 0.9 },
  ];

  it('count from their step on, until the next; before the first the configuration’s does', () => {
    expect([4, 5, 8, 9, 100].map((step) => peakOf(changes, step))).toEqual([undefined, 0.5, 0.5, 0.9, 0.9]);
  });

  it('give way to a newer command from its step on, for good', () => {
    const changed = withLearningRate(changes, { fromStep: 7, learningRate: 0.7 });
    expect([6, 7, 100].map((step) => peakOf(changed, step))).toEqual([0.5, 0.7, 0.7]);
  });

  it('come from a snapshot for the steps up to its own, and from the journal for later ones', () => {
    const kept = changesUpTo(changes, 7);
    const known = [
      { fromStep: 6, learningRate: 6 },
      { fromStep: 12, learningRate: 12 },
    ];
    expect(withKept(known, kept, 7)).toEqual([changes[0], known[1]]);
  });
});

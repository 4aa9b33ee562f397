import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { learningRateAt, peakLearningRate, warmupStepsOf } from './schedule.js';

const expectedFile = new URL('../test/parity/data/llama-clip-cosine/expected.json', import.meta.url);
const expected = JSON.parse(readFileSync(expectedFile, 'utf8')) as { steps: { learning_rate: number }[] };
const linear = { learningRate: 1, schedule: 'linear', warmupRatio: 0.1 } as const;

describe('learningRateAt', () => {
  it('follows the reference trainer’s cosine with warm-up in every step', () => {
    const settings = { learningRate: 0.002, schedule: 'cosine', warmupRatio: 0.1, warmupSteps: 3 } as const;
    expect(expected.steps).toHaveLength(24);
    for (const [i, step] of expected.steps.entries()) {
      expect(learningRateAt(i, 24, settings)).toBeCloseTo(step.learning_rate, 15);
    }
  });

  it('rises from 0 to the peak and falls linearly to 0', () => {
    const rates = Array.from({ length: 21 }, (_, i) => learningRateAt(i, 20, linear));
    expect(rates.slice(0, 3)).toEqual([0, 0.5, 1]);
    expect(rates[11]).toBe(0.5);
    expect(rates[20]).toBe(0);
  });

  it('stays at the peak with a constant schedule, from the first step without a warm-up', () => {
    const constant = { ...linear, schedule: 'constant', warmupSteps: 0 } as const;
    expect(learningRateAt(0, 10, constant)).toBe(1);
    expect(learningRateAt(9, 10, constant)).toBe(1);
  });

  it('rounds the warm-up share up and prefers an explicit number of steps', () => {
    expect(warmupStepsOf(25, linear)).toBe(3);
    expect(warmupStepsOf(25, { ...linear, warmupSteps: 7 })).toBe(7);
  });
});

describe('peakLearningRate', () => {
  it('is the method’s own where the configuration names none', () => {
    expect(peakLearningRate({ method: 'lora', training: {} })).toBe(1e-4);
    expect(peakLearningRate({ method: 'full', training: {} })).toBe(5e-6);
    expect(peakLearningRate({ method: 'full', training: { learningRate: 0.1 } })).toBe(0.1);
  });
});

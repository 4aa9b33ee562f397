import { describe, expect, it } from 'vitest';
import type { Measurement, Trainer } from './measurement.js';
import { latest } from './results-file.js';
import { SHAPES } from './shapes.js';
import { summarise } from './summary.js';
import type { Workload } from './workload.js';

const ROW = { prompt: 60, completion: 40 };
const WORKLOAD: Workload = {
  name: '8m',
  sizes: SHAPES['8m'],
  model: '',
  rows: [],
  lengths: new Array(8).fill(ROW),
  globalBatch: 2,
};

function run(trainer: Trainer, stepSeconds: number[], more: Partial<Measurement> = {}): Measurement {
  const losses = stepSeconds.map(() => 0.5);
  const facts = { session: '1', method: 'lora', threads: 2, aheadSeconds: 0, peakBytes: 10, phaseSeconds: {}, load: 1 };
  return {
    ...(facts as Omit<Measurement, 'trainer' | 'stepSeconds' | 'losses'>),
    trainer,
    stepSeconds,
    losses,
    ...more,
  };
}

describe('summarise', () => {
  it('leaves the first step out', () => {
    const [one] = summarise([run('trl', [100, 4, 4, 4])], WORKLOAD);
    expect(one).toMatchObject({ stepSeconds: 4, examplesPerSecond: 0.5, tokensPerSecond: 50 });
  });

  it('compares steps with the same rows, not medians of different ones', () => {
    const [ours] = summarise([run('prospect', [1, 1, 2, 10]), run('trl', [1, 3, 4, 20])], WORKLOAD);
    expect(ours?.timesTrl).toBe(2);
  });

  it('takes the median of several runs of a step, and the highest memory', () => {
    const runs = [run('trl', [1, 2, 2]), run('trl', [1, 4, 4], { peakBytes: 30 }), run('trl', [1, 9, 9])];
    expect(summarise(runs, WORKLOAD)[0]).toMatchObject({ stepSeconds: 4, peakBytes: 30 });
  });

  it('has nothing to compare with where the other trainer was not run', () => {
    expect(summarise([run('prospect', [1, 1])], WORKLOAD)[0]?.timesTrl).toBeUndefined();
  });

  it('holds the same arithmetic against both when the reference is known', () => {
    const seconds = [1, 1];
    const [ours, theirs] = summarise([run('prospect-known', seconds), run('trl-precomputed', seconds)], WORKLOAD);
    expect(ours?.gflops).toBe(theirs?.gflops);
  });
});

describe('latest', () => {
  it('keeps all runs of a trainer’s last session, and of each trainer its own', () => {
    const old = run('prospect', [9]);
    const others = run('trl', [5]);
    const again = [run('prospect', [1], { session: '2' }), run('prospect', [2], { session: '2' })];
    expect(latest([old, others, ...again])).toEqual([others, ...again]);
  });
});

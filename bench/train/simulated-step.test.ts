import { describe, expect, it } from 'vitest';
import { simulateStep, totalSeconds } from './simulated-step.js';

const PARTS = { secondsPerToken: 0.01, updateSeconds: 0.5, gradientMib: 100 };
const NETWORK = { name: 'test', mibPerSecond: 200, roundTripSeconds: 0.05 };
const OVERHEAD = { baseSeconds: 0.1, perWorkerSeconds: 0.01 };
const LENGTHS = [100, 100, 100, 100, 100];

describe('a simulated step', () => {
  it('of one worker is all tokens, the update and the coordinator', () => {
    const step = simulateStep(LENGTHS, 100, 1, PARTS, NETWORK, OVERHEAD);
    expect(step).toEqual({ computeSeconds: 5, reduceSeconds: 0, restSeconds: 0.6 });
  });

  it('waits for the worker with the most leaves, and moves each gradient but its own part twice', () => {
    const step = simulateStep(LENGTHS, 100, 2, PARTS, NETWORK, OVERHEAD);
    expect(step.computeSeconds).toBe(3);
    expect(step.reduceSeconds).toBeCloseTo(100 / 200 + 0.1, 12);
    expect(step.restSeconds).toBeCloseTo(0.61, 12);
  });

  it('gets no faster with more workers than leaves', () => {
    const [five, ten] = [5, 10].map((workers) => simulateStep(LENGTHS, 100, workers, PARTS, NETWORK, OVERHEAD));
    expect(ten!.computeSeconds).toBe(five!.computeSeconds);
    expect(totalSeconds(ten!)).toBeGreaterThan(totalSeconds(five!));
  });
});

/**
 * What a step would take on more workers than a machine has, from parts that were measured on one: the program's own cut
 * into microbatches and its own way of sharing them out, each worker computing at the measured rate, and a network that
 * is modelled.
 */
import { assignLeaves, cutMicrobatches } from '../../core/microbatches.js';

/** Measured on one worker. */
export interface StepParts {
  /** Seconds of a row's token from the start of the step to its leaf's gradient. */
  readonly secondsPerToken: number;
  /** Of the clipped update, which every worker makes whole. */
  readonly updateSeconds: number;
  /** Flat gradient, float32. */
  readonly gradientMib: number;
}

export interface Network {
  readonly name: string;
  /** What a worker can take in, and send at the same time; our own all-reduce at most. */
  readonly mibPerSecond: number;
  readonly roundTripSeconds: number;
}

export interface Overhead {
  /** Coordinator's part of a step with one worker, and what each further one adds. */
  readonly baseSeconds: number;
  readonly perWorkerSeconds: number;
}

export interface SimulatedStep {
  readonly computeSeconds: number;
  readonly reduceSeconds: number;
  readonly restSeconds: number;
}

/** Messages that wait for one another in an all-reduce: slices are pulled, then the sums. */
const ROUNDS = 2;

export function simulateStep(
  lengths: readonly number[],
  microbatchTokens: number,
  workers: number,
  parts: StepParts,
  network: Network,
  overhead: Overhead,
): SimulatedStep {
  const leaves = cutMicrobatches(lengths, { tokens: microbatchTokens });
  const costs = leaves.map((rows) => rows.reduce((sum, row) => sum + lengths[row]!, 0));
  const ranges = assignLeaves(costs, new Array<number>(workers).fill(1));
  const tokens = ranges.map(({ start, end }) => costs.slice(start, end).reduce((sum, cost) => sum + cost, 0));
  const moved = (2 * (workers - 1) * parts.gradientMib) / workers;
  return {
    computeSeconds: Math.max(...tokens) * parts.secondsPerToken,
    reduceSeconds: workers === 1 ? 0 : moved / network.mibPerSecond + ROUNDS * network.roundTripSeconds,
    restSeconds: parts.updateSeconds + overhead.baseSeconds + (workers - 1) * overhead.perWorkerSeconds,
  };
}

export function totalSeconds({ computeSeconds, reduceSeconds, restSeconds }: SimulatedStep): number {
  return computeSeconds + reduceSeconds + restSeconds;
}

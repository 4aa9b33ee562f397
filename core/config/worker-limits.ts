/** How many workers a run wants, from the short or the long form of `workers`. */
import type { RunConfig } from './schema.js';

export interface WorkerLimits {
  /** That `train` starts, and that a new run waits for a few seconds before its first step. */
  readonly start: number;
  /** With fewer the run pauses. */
  readonly min: number;
  /** More stay up to date and step in when one is lost. */
  readonly max: number;
  readonly waitMs: number;
}

const DEFAULT_START = 2;
const MOST_WORKERS = 64;
const WAIT_MS = 600_000;

export function workerLimits({ workers }: Pick<RunConfig, 'workers'>): WorkerLimits {
  if (typeof workers !== 'object')
    return { start: workers ?? DEFAULT_START, min: 1, max: MOST_WORKERS, waitMs: WAIT_MS };
  const { start, min, max, waitSeconds } = workers;
  return { start: start ?? min, min, max, waitMs: waitSeconds * 1000 };
}

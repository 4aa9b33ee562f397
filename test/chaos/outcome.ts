/** What a run came to, as far as faults must not change it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readMetrics } from '../support/read-metrics.js';
import { resultOf } from './cluster.js';

export interface Outcome {
  /** SHA-256 of the saved weights. */
  readonly sha256: string;
  /** Metrics of each step, without what is allowed to differ: seconds, speeds, number of workers. */
  readonly steps: readonly Record<string, number>[];
}

/** Names of metrics that tell how a step was computed rather than what. */
const HOW = /^(seconds\/.*|compute\/.*|.*_per_second|workers)$/;

export async function outcomeOf(output: string): Promise<Outcome> {
  const sha256 = createHash('sha256')
    .update(readFileSync(resultOf(output)))
    .digest('hex');
  const lines = await readMetrics(output);
  const steps = lines
    .filter((line) => 'loss' in line)
    .map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !HOW.test(name))));
  return { sha256, steps };
}

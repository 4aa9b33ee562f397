/**
 * What cached reference log-probs depend on, as one hash: a change in any of it computes them anew. How long a run is
 * does not count: the same steps come first in a longer one.
 */
import { createHash } from 'node:crypto';
import type { RunConfig } from '../../core/config/schema.js';
import type { LoadedWorker } from '../ready-check.js';

/** Rises when the file's layout changes, or in what microbatches its values are computed. */
const FORMAT = 2;

export interface KeyParts {
  readonly config: RunConfig;
  readonly loaded: LoadedWorker;
  readonly trainDigest: string;
  readonly heldOutDigest: string;
}

/** Hex SHA-256. */
export function referenceKey({ config, loaded, ...rows }: KeyParts): string {
  const { seed, globalBatch, microbatchTokens, microbatchRows } = config.training;
  const { maxLength, truncation, order, pairing, pairs } = config.data;
  const parts = {
    format: FORMAT,
    ...rows,
    model: loaded.modelDigest,
    weights: loaded.parameterDigest,
    engine: loaded.engine,
    method: config.method,
    loss: config.loss.type,
    memoryBudget: config.memoryBudget,
    training: { seed, globalBatch, microbatchTokens, microbatchRows },
    data: { maxLength, truncation, order, pairing, pairs },
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

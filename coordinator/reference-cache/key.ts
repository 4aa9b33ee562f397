/** What cached reference log-probs depend on, as one hash: a change in any of it computes them anew. */
import { createHash } from 'node:crypto';
import type { RunConfig } from '../../core/config/schema.js';
import type { LoadedWorker } from '../ready-check.js';

/** Rises when the file's layout or the order of its values changes. */
const FORMAT = 1;

export interface KeyParts {
  readonly config: RunConfig;
  readonly loaded: LoadedWorker;
  readonly totalSteps: number;
  readonly trainDigest: string;
  readonly heldOutDigest: string;
}

/** Hex SHA-256. */
export function referenceKey({ config, loaded, ...rows }: KeyParts): string {
  const { seed, globalBatch, microbatchTokens, microbatchRows } = config.training;
  const { maxLength, truncation, order, pairing } = config.data;
  const parts = {
    format: FORMAT,
    ...rows,
    model: loaded.modelDigest,
    weights: loaded.parameterDigest,
    engine: loaded.engine,
    loss: config.loss.type,
    training: { seed, globalBatch, microbatchTokens, microbatchRows },
    data: { maxLength, truncation, order, pairing },
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

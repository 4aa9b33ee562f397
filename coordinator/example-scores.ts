/** Workers' scores as the metrics want them: with what the coordinator knows of each row. */
import type { SequenceScore } from '../proto/gen/prospect/v1/coordinator.js';
import type { Batch } from './batch.js';
import type { ExampleScore } from './metrics/step-record.js';

/** @param scores in the order of the batch. */
export function exampleScores(batch: Batch, scores: readonly SequenceScore[]): ExampleScore[] {
  return batch.sequences.map(({ desirable, tokenIds, promptLength }, position) => ({
    ...scores[position]!,
    desirable,
    completionLength: tokenIds.length - promptLength,
  }));
}

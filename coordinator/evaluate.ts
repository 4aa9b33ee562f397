/** An evaluation of the held-out rows: log-probs by all workers, one reference point over all rows. */
import type { RunConfig } from '../core/config/schema.js';
import { needsReference, referencePoint } from '../core/kto.js';
import type { SequenceScore } from '../proto/gen/prospect/v1/coordinator.js';
import type { Batch } from './batch.js';
import { evaluationParts } from './evaluation-parts.js';
import { exampleScores } from './example-scores.js';
import type { EvaluationRecord, ExampleScore } from './metrics/step-record.js';
import { known, type ReferenceTable } from './reference-cache/table.js';
import type { RowSource } from './row-source.js';
import { scoreBatch } from './score-batch.js';
import type { Team } from './team.js';

/** @param references of the held-out rows; what is not known yet is computed and kept. */
export async function evaluate(
  team: Team,
  rows: RowSource,
  references: ReferenceTable,
  config: RunConfig,
  at: { readonly step: number; readonly epoch: number },
): Promise<EvaluationRecord> {
  team.phase = `the evaluation after step ${at.step}`;
  const examples: ExampleScore[] = [];
  const logRatios: number[] = [];
  for (const { matched, mismatched } of evaluationParts(rows, config)) {
    const score = (batch: Batch, kept: Float64Array) => scoreAndKeep(team, batch, kept, rows, config);
    examples.push(...exampleScores(matched, await score(matched, references.matched)));
    const pairs = await score(mismatched, references.mismatched);
    for (const pair of pairs) logRatios.push(pair.policyLogp - pair.referenceLogp);
  }
  const desirable = examples.filter((example) => example.desirable).length;
  const sftScale = desirable === 0 ? 0 : examples.length / desirable;
  return { ...at, referencePoint: referencePoint(logRatios), examples, sftScale };
}

async function scoreAndKeep(
  team: Team,
  batch: Batch,
  kept: Float64Array,
  rows: RowSource,
  config: RunConfig,
): Promise<SequenceScore[]> {
  const reference = needsReference(config.loss.type);
  const knownAt = (position: number) => known(kept, batch.sequences[position]!.row);
  const scores = await scoreBatch(team, batch, { policy: true, reference, known: knownAt }, rows);
  if (reference) for (const { row, referenceLogp } of scores) kept[row] = referenceLogp;
  return scores;
}

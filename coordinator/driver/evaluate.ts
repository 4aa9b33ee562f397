/** An evaluation of the held-out rows: log-probs by all workers, one reference point over all rows. */
import { needsReference, referencePoint } from '../../core/kto.js';
import type { SequenceScore } from '../../proto/gen/prospect/v1/coordinator.js';
import type { Batch } from '../batch.js';
import { evaluationParts } from '../evaluation-parts.js';
import { exampleScores } from '../example-scores.js';
import { rowsNotFinite } from '../finite.js';
import type { EvaluationRecord, ExampleScore } from '../metrics/step-record.js';
import { known } from '../reference-cache/table.js';
import type { DriverContext } from './context.js';
import type { ScoreBatch } from './scorer.js';

type Sources = Pick<DriverContext, 'config' | 'heldOut' | 'references' | 'log' | 'calendar'>;

/** References of held-out rows that are not known yet are computed and kept. Rows without finite scores are left out. */
export async function evaluate(step: number, score: ScoreBatch, sources: Sources): Promise<EvaluationRecord> {
  const { config, heldOut, references, calendar } = sources;
  const examples: ExampleScore[] = [];
  const logRatios: number[] = [];
  for (const { matched, mismatched } of evaluationParts(heldOut, config)) {
    const scoreKept = (batch: Batch, kept: Float64Array) => scoreAndKeep(batch, kept, score, sources);
    const scored = exampleScores(matched, await scoreKept(matched, references.heldOut.matched));
    const pairs = await scoreKept(mismatched, references.heldOut.mismatched);
    const leftOut = notFinite(step, scored, pairs, sources);
    examples.push(...scored.filter(({ row }) => !leftOut.has(row)));
    for (const { row, policyLogp, referenceLogp } of pairs) {
      if (!leftOut.has(row)) logRatios.push(policyLogp - referenceLogp);
    }
  }
  const desirable = examples.filter((example) => example.desirable).length;
  const sftScale = desirable === 0 ? 0 : examples.length / desirable;
  const epoch = step / calendar.stepsPerEpoch;
  return { step, epoch, referencePoint: referencePoint(logRatios), examples, sftScale };
}

async function scoreAndKeep(
  batch: Batch,
  kept: Float64Array,
  score: ScoreBatch,
  { config }: Sources,
): Promise<SequenceScore[]> {
  const reference = needsReference(config.loss.type);
  const knownAt = (position: number) => known(kept, batch.sequences[position]!.row);
  const scores = await score(batch, { policy: true, reference, known: knownAt });
  if (reference) for (const { row, referenceLogp } of scores) kept[row] = referenceLogp;
  return scores;
}

function notFinite(
  step: number,
  matched: readonly SequenceScore[],
  pairs: readonly SequenceScore[],
  { config, heldOut, log }: Sources,
): ReadonlySet<number> {
  const reference = needsReference(config.loss.type);
  const asked = { policy: true, reference };
  const rows = new Set([...rowsNotFinite(matched, asked), ...rowsNotFinite(pairs, asked)]);
  for (const row of rows) {
    const { file, line } = heldOut.origin(row);
    log.warn(
      { row, step },
      `${file}:${line}: this held-out row has no finite log-prob after step ${step}; it is left out`,
    );
  }
  return rows;
}

/** Log-probs of a batch without gradient, computed by all workers. */
import type { SequenceScore } from '../proto/gen/prospect/v1/coordinator.js';
import { type Batch, type KnownReference, microbatchMessages, scoresInOrder, shareOut } from './batch.js';
import { checkFinite } from './finite.js';
import type { RowSource } from './row-source.js';
import type { Team } from './team.js';

export interface ScoreQuestion {
  readonly policy: boolean;
  /** Computes the reference of sequences for which `known` has none. */
  readonly reference: boolean;
  readonly known: KnownReference;
}

/** @returns scores in the order of the batch; the same whoever computes them. */
export async function scoreBatch(
  team: Team,
  batch: Batch,
  question: ScoreQuestion,
  rows: Pick<RowSource, 'origin'>,
): Promise<SequenceScore[]> {
  if (batch.sequences.length === 0) return [];
  const { generation } = team;
  const { policy, reference, known } = question;
  const task = team.nextTask();
  const shares = shareOut(batch, team.links.length);
  team.tell((rank) => {
    const microbatches = microbatchMessages(batch, shares[rank]!, known);
    return { $case: 'scorePlan', value: { generation, task, microbatches, policy, reference } };
  });
  const reports = await team.collect('scoreReport', { task });
  const scores = scoresInOrder(
    batch,
    reports.map((report) => report.scores),
  );
  checkFinite(scores, question, rows, team.phase);
  return scores;
}

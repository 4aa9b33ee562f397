/**
 * Log-probs without gradient, by whoever takes part: of evaluations, and of the reference ahead of full fine-tuning. What
 * a lost worker had is given to the others; microbatches are the same whoever computes them, and so are their bits.
 */
import { type PromiseWithResolvers, withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { assignLeaves } from '../../core/microbatches.js';
import type { ScoreReport, SequenceScore } from '../../proto/gen/prospect/v1/coordinator.js';
import {
  type Batch,
  checkScores,
  completeScores,
  costsOf,
  type KnownReference,
  keepScores,
  microbatchMessages,
  noScores,
  type Scores,
} from '../batch.js';
import type { Links } from './links.js';

export interface ScoreQuestion {
  readonly policy: boolean;
  /** Computes the reference of sequences for which `known` has none. */
  readonly reference: boolean;
  readonly known: KnownReference;
}

/** @returns scores in the order of the batch, finite or not. */
export type ScoreBatch = (batch: Batch, question: ScoreQuestion) => Promise<SequenceScore[]>;

export interface Scorer {
  /**
   * One batch at a time.
   * @throws the signal's reason.
   */
  score(batch: Batch, question: ScoreQuestion, signal: AbortSignal): Promise<SequenceScore[]>;
  /** @param sessions of the workers that take part. With none, scoring waits. */
  membersChanged(generation: number, sessions: readonly number[]): void;
  /** @throws PROTOCOL for scores that are not those of their microbatch. */
  receive(report: ScoreReport): void;
}

interface Job {
  readonly task: number;
  readonly batch: Batch;
  readonly question: ScoreQuestion;
  readonly scores: Scores;
  /** Session that computes each microbatch that is not finished; undefined: none does. */
  readonly owners: Map<number, number | undefined>;
  readonly done: PromiseWithResolvers<void>;
}

export function createScorer(links: Pick<Links, 'send'>): Scorer {
  let members: readonly number[] = [];
  let generation = 0;
  let tasks = 0;
  let job: Job | undefined;

  const giveOut = ({ task, batch, question, owners }: Job) => {
    const isOwned = (owner: number | undefined) => owner !== undefined && members.includes(owner);
    const numbers = [...owners].filter(([, owner]) => !isOwned(owner)).map(([number]) => number);
    for (const [session, share] of shareOut(batch, numbers, members)) {
      for (const number of share) owners.set(number, session);
      const { policy, reference, known } = question;
      const microbatches = microbatchMessages(batch, share, known);
      links.send(session, { $case: 'scorePlan', value: { generation, task, microbatches, policy, reference } });
    }
  };
  return {
    async score(batch, question, signal) {
      signal.throwIfAborted();
      if (job) throw new ProspectError('INTERNAL', 'a batch was to be scored while another one is');
      if (batch.sequences.length === 0) return [];
      const owners = new Map([...batch.microbatches.keys()].map((number) => [number, undefined]));
      const scores = noScores(batch);
      const mine = { task: ++tasks, batch, question, scores, owners, done: withResolvers<void>() };
      const callOff = () => mine.done.reject(signal.reason);
      signal.addEventListener('abort', callOff);
      job = mine;
      try {
        giveOut(mine);
        await mine.done.promise;
        return completeScores(scores);
      } finally {
        job = undefined;
        signal.removeEventListener('abort', callOff);
      }
    },
    membersChanged(newGeneration, sessions) {
      generation = newGeneration;
      members = sessions;
      if (job) giveOut(job);
    },
    receive({ task, microbatch, scores }) {
      if (job?.task !== task || !job.owners.has(microbatch)) return;
      checkScores(job.batch, microbatch, scores);
      keepScores(job.batch, microbatch, scores, job.scores);
      job.owners.delete(microbatch);
      if (job.owners.size === 0) job.done.resolve();
    },
  };
}

/** Equal speeds: what was measured with gradients says little about scoring. */
function shareOut(batch: Batch, numbers: readonly number[], members: readonly number[]): [number, number[]][] {
  if (members.length === 0) return [];
  const all = costsOf(batch);
  const costs = numbers.map((number) => all[number]!);
  const shares = assignLeaves(costs, new Array<number>(members.length).fill(1));
  return shares
    .map(({ start, end }, i): [number, number[]] => [members[i]!, numbers.slice(start, end)])
    .filter(([, share]) => share.length > 0);
}

/** What the coordinator's state machine wants done. It says what, the driver knows how. Effects are done in order. */
import type { LeafRange } from '../../core/reduction-tree.js';
import type { Answer, Command } from './command.js';
import type { CommitRecord, JournalRecord, Outcome } from './types.js';

export type Effect =
  /** To a session that may be gone already; then nothing happens. */
  | { readonly kind: 'send'; readonly session: number; readonly message: Message }
  /** End a session: its stream is broken, silent, replaced, or of a worker that may not take part. */
  | { readonly kind: 'disconnect'; readonly session: number; readonly workerId: string; readonly reason: string }
  /** For logs, metrics, events: who takes part from now on. */
  | { readonly kind: 'membersChanged'; readonly generation: number; readonly members: readonly MemberName[] }
  /** Plan the step without the rows set aside, forget its scores, answer `planned`. An evaluation due before it comes first. */
  | {
      readonly kind: 'plan';
      readonly generation: number;
      readonly step: number;
      readonly attempt: number;
      /** The step's peak learning rate, where a command changed it. */
      readonly peakLearningRate: number | undefined;
      /** An evaluation of the step before was asked for: answer `evaluated` too. */
      readonly evaluates: boolean;
    }
  /** Evaluate this committed step while the run is paused, answer `evaluated`. */
  | { readonly kind: 'evaluate'; readonly generation: number; readonly step: number }
  /** All mismatched scores are there: answer `referencePointReady`. */
  | { readonly kind: 'referencePoint'; readonly generation: number; readonly step: number; readonly attempt: number }
  /** Append to the journal, no answer. */
  | { readonly kind: 'journal'; readonly record: JournalRecord }
  /** Append to the journal, make durable, answer `commitJournaled`. */
  | { readonly kind: 'commit'; readonly record: CommitRecord }
  /** Pull the state of this step or a later one from one of the sessions, check it against agreedDigest, write it; answer `snapshotWritten` or `snapshotFailed`. */
  | { readonly kind: 'snapshot'; readonly step: number; readonly sessions: readonly number[] }
  /** No live worker has state: find the newest good snapshot, be ready to serve it, answer `restored`. */
  | { readonly kind: 'restore' }
  /** The worker gave other bits than the others. It heals in its session. */
  | { readonly kind: 'expelled'; readonly session: number; readonly workerId: string; readonly reason: string }
  /** Too few workers, until deadlineMs. */
  | { readonly kind: 'paused'; readonly workers: number; readonly min: number; readonly deadlineMs: number }
  | { readonly kind: 'resumed'; readonly workers: number }
  /** Rows that are left out from now on. */
  | { readonly kind: 'setAside'; readonly step: number; readonly rows: readonly number[] }
  /** Paused by command, after this step; and going on. */
  | { readonly kind: 'held'; readonly step: number }
  | { readonly kind: 'released'; readonly step: number; readonly workers: number }
  /** To the person who gave this command. */
  | { readonly kind: 'answered'; readonly id: number; readonly command: Command; readonly answer: Answer }
  /** A person should look, the run goes on. */
  | { readonly kind: 'alarm'; readonly message: string }
  /** The report counts: keep its scores. Scores of reports that are not named so must not be used. */
  | {
      readonly kind: 'accepted';
      readonly session: number;
      readonly what: 'mismatched' | 'leaf';
      readonly number: number;
    }
  /** A message that is too old was dropped; for the counter. */
  | { readonly kind: 'stale'; readonly session: number; readonly what: string }
  /** All steps are made and agreed on: evaluate, save from one of the sessions, answer `saved` or `saveFailed`. */
  | {
      readonly kind: 'finished';
      readonly step: number;
      readonly parameterDigest: string;
      readonly sessions: readonly number[];
    }
  /** The run is over; nothing follows. */
  | { readonly kind: 'ended'; readonly outcome: Outcome };

export interface MemberName {
  readonly rank: number;
  readonly session: number;
  readonly workerId: string;
}

/** Messages to workers, without what only the driver has (token ids, addresses). */
export type Message =
  | { readonly kind: 'welcome'; readonly incarnation: number }
  | { readonly kind: 'membership'; readonly generation: number; readonly members: readonly MemberName[] }
  /**
   * What is still to do for this worker; replaces an earlier plan. Results of the same step and attempt that it holds
   * (leaves: of the same z0) are reported again, not computed again, except those in `discarded`.
   */
  | {
      readonly kind: 'stepPlan';
      readonly generation: number;
      readonly step: number;
      readonly attempt: number;
      readonly mismatched: readonly number[];
      readonly matched: readonly number[];
      /** Leaves whose report carries the gradient's digest. */
      readonly audited: readonly number[];
      readonly discarded: readonly number[];
      readonly leafCount: number;
    }
  | {
      readonly kind: 'referencePoint';
      readonly generation: number;
      readonly step: number;
      readonly attempt: number;
      readonly z0: number;
    }
  | {
      readonly kind: 'reduce';
      readonly generation: number;
      readonly step: number;
      readonly attempt: number;
      readonly leafCount: number;
      readonly exampleCount: number;
      /** In rank order; together every leaf once. */
      readonly holdings: readonly (readonly LeafRange[])[];
    }
  /** Apply the reduced gradient of this digest. */
  | ({ readonly kind: 'commit'; readonly generation: number } & CommitRecord)
  /** Pull parameters and moments of `step` or later. Reports that are older than this message are void. */
  | {
      readonly kind: 'heal';
      readonly order: number;
      readonly generation: number;
      readonly step: number;
      readonly source: HealSource;
    }
  /** Pull the reduced gradient of this digest from the members and apply it; while healing: keep it until healed. */
  | ({ readonly kind: 'observe'; readonly generation: number; readonly members: readonly MemberName[] } & CommitRecord)
  /** The run is over. */
  | { readonly kind: 'finish'; readonly reason: string };

export type HealSource =
  | { readonly kind: 'peers'; readonly peers: readonly MemberName[] }
  /** The snapshot that the coordinator restored. */
  | { readonly kind: 'snapshot'; readonly step: number; readonly parameterDigest: string }
  /** What the base model and the seed give: step 0. */
  | { readonly kind: 'base' };

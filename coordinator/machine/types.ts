/**
 * The words of the coordinator's state machine: what it remembers (State). What happens to it is in events.ts, what it
 * wants done in effects.ts. Every value is plain data that survives JSON, so that a run can be logged and replayed.
 *
 * A worker is addressed by its session: a number, new for every connection, given by the driver. What an old connection
 * of the same worker still says can thereby never be taken for what the new one says.
 */

import type { LearningRateChange, ResolvedCommand } from './command.js';
import type { Duty, StepWork } from './step-work.js';

export interface Settings {
  readonly totalSteps: number;
  readonly workers: {
    /** Below so many active workers nothing is computed. */
    readonly min: number;
    /** So many take part at most; more stay up to date and step in. */
    readonly max: number;
    /** When a coordinator starts and so many are there, others are not waited for; max when left out. */
    readonly expected?: number;
    /** How long to wait for `min` before the run ends with WORKER_LOST. */
    readonly waitMs: number;
  };
  /** How long a coordinator that starts waits for workers that may hold state before it goes back to a snapshot. */
  readonly graceMs: number;
  /** Within it workers are back that come back at all: before, a step is not begun without those that may. */
  readonly settleMs: number;
  /** A session silent for so long is lost. */
  readonly silenceMs: number;
  /** Shortest deadline of a phase. */
  readonly phaseFloorMs: number;
  /** Every so many steps one leaf is computed twice; 0: never. */
  readonly auditEverySteps: number;
  /** More rows set aside than this end the run. */
  readonly setAsideLimit: number;
  /** When snapshots are due; undefined: not by this measure. */
  readonly snapshots: { readonly everySteps: number | undefined; readonly everyMs: number | undefined };
}

/** What must be the same whenever a step is computed, and what a worker needs to apply it. */
export interface CommitRecord {
  readonly step: number;
  /** Rows set aside in the run when the step was planned. */
  readonly attempt: number;
  readonly z0: number;
  readonly gradientDigest: string;
  /** Of the whole gradient, before clipping; undefined when it is not finite. */
  readonly norm: number | undefined;
  readonly learningRate: number;
  /** No update: the gradient is not finite, or no row of the step is left. The step counts all the same. */
  readonly skipped: boolean;
}

/** What the journal holds. Only `commit` is waited for; it is written after, and made durable with, all before it. */
export type JournalRecord =
  /** A coordinator started; the run's digests are the driver's to add. */
  | {
      readonly kind: 'start';
      readonly incarnation: number;
      /** Its configuration names another learning rate, which was allowed: what commands said of it is past. */
      readonly forgetsLearningRates?: boolean;
    }
  | ({ readonly kind: 'commit' } & CommitRecord)
  /** The parameters on which the workers agreed after a step. */
  | { readonly kind: 'applied'; readonly step: number; readonly parameterDigest: string }
  /** Rows whose scores are not finite; never planned again. */
  | { readonly kind: 'setAside'; readonly step: number; readonly rows: readonly number[] }
  /** The run went back to this step, and to the rows set aside until then; commits after it are made again. */
  | {
      readonly kind: 'restored';
      readonly step: number;
      readonly setAside: readonly number[];
      readonly learningRates?: readonly LearningRateChange[] | undefined;
    }
  /** What a person wanted, after this committed step. */
  | { readonly kind: 'command'; readonly step: number; readonly command: ResolvedCommand }
  | { readonly kind: 'snapshot'; readonly step: number };

/** What a journal says about a run, for the coordinator that goes on with it. See journal-summary.ts. */
export interface JournalSummary {
  /** Of the last coordinator; 0 when there was none. */
  readonly incarnation: number;
  /** Last committed step; 0 at the start of a run. */
  readonly step: number;
  /** Its record; undefined at step 0, and after going back to a step whose record is gone. */
  readonly record: CommitRecord | undefined;
  /** Agreed parameters of recent steps up to `step`. */
  readonly digests: readonly StepDigest[];
  /** Commits after `step` that were made before the run went back. */
  readonly redo: readonly CommitRecord[];
  readonly setAside: readonly number[];
  /** Step of the last snapshot; 0 when there is none. */
  readonly snapshotStep: number;
  /** Paused by command. */
  readonly isHeld: boolean;
  /** Workers as set by command; undefined: as configured. */
  readonly limits: WorkerRange | undefined;
  readonly learningRates: readonly LearningRateChange[];
}

export interface WorkerRange {
  readonly min: number;
  readonly max: number;
}

export interface StepDigest {
  readonly step: number;
  readonly parameterDigest: string;
}

/** What a worker has in memory, as it says when it connects. */
export interface HeldState {
  /** 0: what the base model and the seed give. */
  readonly appliedStep: number;
  readonly parameterDigest: string;
  /** Finished leaves of a step that is not committed. */
  readonly leaves: { readonly step: number; readonly attempt: number; readonly leaves: readonly number[] } | undefined;
  /** The last reduced gradient. */
  readonly reduced: { readonly step: number; readonly digest: string } | undefined;
}

export type MemberStatus =
  /** Connected, has not said what it holds. */
  | 'loading'
  /** Has said what it holds, waits to be told where to go from there. */
  | 'ready'
  /** Pulls parameters and moments. */
  | 'healing'
  /** Has good parameters; is brought to the committed step by Commit or Observe, then waits to be let in. */
  | 'following'
  /** Takes part in the step. */
  | 'active';

export interface Member {
  readonly session: number;
  readonly workerId: string;
  readonly workerIncarnation: number;
  readonly status: MemberStatus;
  /** Steps in its parameters; -1 when they are unknown or not to be trusted. */
  readonly appliedStep: number;
  readonly parameterDigest: string;
  readonly held: HeldState | undefined;
  /** Messages of older generations are from before it was reset. */
  readonly sinceGeneration: number;
  /** Number of its last Heal; 0: none. What answers an older one is void. */
  readonly healOrder: number;
  /** It has asked to leave. */
  readonly isLeaving: boolean;
  readonly heardAtMs: number;
  /** When it last showed progress or was last given something to do. */
  readonly progressAtMs: number;
  /** Last heartbeat's phase, step and progress, joined. */
  readonly progress: string;
  /** Since when its heartbeats say that it has nothing to do; undefined when it is busy. */
  readonly idleSinceMs: number | undefined;
}

export type Phase =
  /** Too few workers. `isPause`: they were enough before. */
  | { readonly name: 'waiting'; readonly sinceMs: number; readonly isPause: boolean }
  /** The driver loads a snapshot. */
  | { readonly name: 'restoring' }
  | { readonly name: 'training' }
  /** Paused by command, between two steps. */
  | { readonly name: 'held' }
  /** All steps are made; the driver evaluates and saves. */
  | { readonly name: 'saving' }
  /** A last snapshot, then the end. */
  | { readonly name: 'stopping'; readonly outcome: Outcome; readonly sinceMs: number }
  | { readonly name: 'ended'; readonly outcome: Outcome };

export type Outcome =
  | { readonly kind: 'finished' }
  /** workersWait: for the coordinator that comes next. */
  | { readonly kind: 'stopped'; readonly reason: string; readonly workersWait: boolean }
  | { readonly kind: 'failed'; readonly code: FailureCode; readonly message: string };

export type FailureCode = 'WORKER_LOST' | 'WORKER_MISMATCH' | 'NON_FINITE';

export interface State {
  readonly settings: Settings;
  readonly incarnation: number;
  readonly generation: number;
  /** Of the newest connection. */
  readonly lastSession: number;
  readonly healOrders: number;
  readonly phase: Phase;
  /** Connected workers by workerId. An active one's rank is its position among the active. */
  readonly members: readonly Member[];
  readonly committed: { readonly step: number; readonly record: CommitRecord | undefined };
  /** Agreed parameters of recent steps, oldest first. */
  readonly digests: readonly StepDigest[];
  /** Commits to be made again, with the same digests. */
  readonly redo: readonly CommitRecord[];
  readonly setAside: readonly number[];
  readonly work: StepWork | undefined;
  /** Where a heal starts from that no peer can serve: the restored snapshot; step 0: the base model. */
  readonly restored: StepDigest | undefined;
  /** Times that the run went back because workers disagreed, without a new commit since. */
  readonly disagreements: number;
  /** Cost per ms of each workerId, an exponential moving average. */
  readonly speeds: Readonly<Record<string, number>>;
  /** Longest gaps of recent steps, ms, of each duty. */
  readonly gaps: Readonly<Partial<Record<Duty, readonly number[]>>>;
  /** Workers that were thrown out: let in again not before. */
  readonly penalties: Readonly<Record<string, { readonly count: number; readonly untilMs: number }>>;
  readonly snapshots: {
    readonly step: number;
    readonly atMs: number;
    /** Step asked for; undefined when none is being written. */
    readonly writing: number | undefined;
    /** Last step asked for. */
    readonly tried: number;
    readonly isWanted: boolean;
  };
  readonly commands: {
    readonly isHeld: boolean;
    readonly stop: Extract<ResolvedCommand, { readonly command: 'stop' }> | undefined;
    readonly evaluation: 'none' | 'wanted' | 'running';
  };
  /** Changes by command, in the order of their first steps. */
  readonly learningRates: readonly LearningRateChange[];
}

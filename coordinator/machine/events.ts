/** What can happen to the coordinator's state machine. */
import type { Command, LearningRateChange } from './command.js';
import type { CommitRecord, HeldState } from './types.js';

/** Every event says when it happened, in ms of the driver's clock, which never runs backwards. */
export type Event = { readonly atMs: number } & (WorkerEvent | DriverEvent | CommandEvent);

/** From a session, or about one. What carries another generation or step than is due is ignored. */
export type WorkerEvent = { readonly session: number } & WorkerNews;

/** generation and step as in the message; a report's generation is the newest that the worker knew. */
export type WorkerNews =
  /** A worker connected; versions are checked already. `held` when its base model is loaded already. */
  | {
      readonly kind: 'joined';
      readonly workerId: string;
      readonly workerIncarnation: number;
      readonly held: HeldState | undefined;
    }
  /** It has loaded the base model; engine and model are checked already. */
  | { readonly kind: 'ready'; readonly held: HeldState }
  /** Its stream broke or ended. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** phase: 'idle' when it has nothing to do. progress: changes whenever it got something done. */
  | { readonly kind: 'heartbeat'; readonly phase: string; readonly step: number; readonly progress: number }
  | { readonly kind: 'leaving' }
  /** The scores of one mismatched microbatch arrived. notFinite: rows to blame for scores that are not finite. */
  | ({ readonly kind: 'mismatchedReport'; readonly microbatch: number; readonly notFinite: readonly number[] } & OfPlan)
  /**
   * A leaf's gradient is in the worker's memory. digest: hex when the plan asked for it, else ''.
   * computeMs: what it took to compute it; 0 when the worker held it already.
   */
  | ({
      readonly kind: 'leafReport';
      readonly leaf: number;
      readonly z0: number;
      readonly digest: string;
      readonly computeMs: number;
      readonly notFinite: readonly number[];
    } & OfPlan)
  /** norm: undefined when it is not finite. */
  | {
      readonly kind: 'reducedReport';
      readonly generation: number;
      readonly step: number;
      readonly digest: string;
      readonly norm: number | undefined;
    }
  /** After Commit and after Observe. */
  | {
      readonly kind: 'appliedReport';
      readonly generation: number;
      readonly step: number;
      readonly parameterDigest: string;
    }
  /** Parameters and moments are pulled and verified; they are those of `step`, which is not older than the Heal's. */
  | { readonly kind: 'healed'; readonly order: number; readonly step: number; readonly parameterDigest: string }
  /** It cannot follow: the pull failed, or a step's reduced gradient is gone everywhere. order: of its last Heal, 0 before one. */
  | { readonly kind: 'behind'; readonly order: number; readonly reason: string }
  /** It cannot pull from the peer of this session. */
  | { readonly kind: 'peerTrouble'; readonly generation: number; readonly peer: number };

interface OfPlan {
  readonly generation: number;
  readonly step: number;
  readonly attempt: number;
}

/** Answers to effects. */
export type DriverEvent =
  /** nextDeadlineMs has come. */
  | { readonly kind: 'tick' }
  /** Answers `plan`, with its generation. Costs in any one unit (padded tokens), by microbatch and by leaf. */
  | {
      readonly kind: 'planned';
      readonly generation: number;
      readonly step: number;
      readonly attempt: number;
      readonly mismatchedCosts: readonly number[];
      readonly leafCosts: readonly number[];
      readonly exampleCount: number;
      readonly learningRate: number;
    }
  /** Before `planned`: the step's rows are still to come, which may take long. */
  | { readonly kind: 'rowsAwaited'; readonly generation: number; readonly step: number }
  /** Answers `referencePoint`, with its generation. */
  | { readonly kind: 'referencePointReady'; readonly generation: number; readonly z0: number }
  /** Answers `commit`: the record is on the disk. */
  | { readonly kind: 'commitJournaled'; readonly record: CommitRecord }
  /** Answers `snapshot`: it is whole, of this step (not before the one asked for). */
  | { readonly kind: 'snapshotWritten'; readonly step: number }
  | { readonly kind: 'snapshotFailed'; readonly reason: string }
  /** Answers `restore`. Step 0 and digest '' when there is no good snapshot: start from the base model. redo: the journal's commits after it. */
  | {
      readonly kind: 'restored';
      readonly step: number;
      readonly parameterDigest: string;
      readonly record: CommitRecord | undefined;
      readonly redo: readonly CommitRecord[];
      readonly setAside: readonly number[];
      /** Changes that the snapshot was made with, where the journal does not reach so far. */
      readonly learningRates?: readonly LearningRateChange[] | undefined;
    }
  /** An evaluation that a command asked for is done. */
  | { readonly kind: 'evaluated' }
  /** Answers `finished`: the result is on the disk. */
  | { readonly kind: 'saved' }
  /** Answers `finished`: the worker it was pulled from is gone. */
  | { readonly kind: 'saveFailed' };

/** Answered with `answered`, with its id. */
export interface CommandEvent {
  readonly kind: 'command';
  readonly id: number;
  readonly command: Command;
}

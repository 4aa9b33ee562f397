/** What the driver has in hand: its parts, and what it is in the middle of. */
import type { PromiseWithResolvers } from '../../core/async-queue.js';
import type { ReferencePoint } from '../../core/kto.js';
import type { Journal } from '../journal/claim-journal.js';
import type { Message } from '../machine/effects.js';
import type { Outcome } from '../machine/types.js';
import type { ReferenceLog } from '../reference-cache/log.js';
import type { LoadedSnapshot } from '../snapshots/load-newest.js';
import type { Stopwatch } from '../stopwatch.js';
import type { Outgoing } from '../worker-link.js';
import type { AgreedDigests } from './agreed.js';
import type { Commander } from './commanding.js';
import type { Committer } from './committing.js';
import type { DriverContext } from './context.js';
import type { Ledger } from './ledger.js';
import type { Planner } from './planning.js';
import type { Publisher } from './publishing.js';
import type { SavedResult } from './save-result.js';
import type { Scorer } from './scorer.js';
import type { StepAtWork } from './step-at-work.js';

export interface DriverParts {
  readonly journal: Pick<Journal, 'append'>;
  readonly referenceLog: ReferenceLog;
  readonly ledger: Ledger;
  readonly scorer: Scorer;
  readonly stopwatch: Stopwatch;
  /** Step in which each row was set aside; kept up to date. */
  readonly setAside: Map<number, number>;
  readonly hasReferences: boolean;
  /** The configuration was changed on purpose: steps made again after going back are other ones. */
  readonly isOtherRun: boolean;
}

/** The result, when the run is finished; otherwise how it ended. */
export type RunEnd = SavedResult | Exclude<Outcome, { kind: 'finished' }>;

export interface Work extends DriverParts {
  readonly context: DriverContext;
  readonly agreed: AgreedDigests;
  readonly commander: Commander;
  readonly committer: Committer;
  readonly planner: Planner;
  readonly publisher: Publisher;
  readonly ended: PromiseWithResolvers<RunEnd>;
  /** Of the step at work. */
  referencePoint: ReferencePoint;
  /** One that goes to all is made once, so that it can be encoded once. */
  lastSent: { readonly message: Message; readonly onWire: Outgoing } | undefined;
  /** The step whose gradients are being reduced. */
  reducing: StepAtWork | undefined;
  /** Settles when no snapshot is being written. */
  snapshot: Promise<void>;
  /** What the run went back to. */
  restored: LoadedSnapshot | undefined;
  /** Calls off the last evaluation. */
  finishing: AbortController | undefined;
  saved: SavedResult | undefined;
}

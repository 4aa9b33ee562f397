/** What all parts of the driver share. */

import type { Security } from '../../proto/transport/security.js';
import type { FirstWorker } from '../admission.js';
import type { Calendar } from '../calendar.js';
import type { RunEvents } from '../events/event-log.js';
import type { BatchFormer } from '../feedback/batch-former.js';
import type { LiveRows } from '../feedback/live-rows.js';
import type { Fence } from '../journal/fence.js';
import type { Publication } from '../publish/publication.js';
import type { CommonReferences } from '../reference-cache/common.js';
import type { RunReferences } from '../reference-cache/table.js';
import type { ResolvedRun } from '../resolve-run.js';
import type { RowSource } from '../row-source.js';
import type { RunLog } from '../run-log.js';
import type { RunReport } from '../run-report.js';
import type { Links } from './links.js';
import type { Loop } from './loop.js';

export interface LiveSteps {
  readonly rows: LiveRows;
  readonly former: BatchFormer;
}

export interface DriverContext {
  readonly runId: string;
  readonly config: ResolvedRun;
  readonly calendar: Calendar;
  readonly train: RowSource;
  readonly heldOut: RowSource;
  /** Of a run whose rows come while it goes on. */
  readonly live: LiveSteps | undefined;
  /** Of a run that publishes its adapter on the way. */
  readonly publication: Publication | undefined;
  /** For reference log-probs that other runs can use; may be deleted at any time. */
  readonly cacheDir: string;
  readonly references: RunReferences;
  /** Of an adapter run whose configuration was never changed on the way. */
  readonly common: CommonReferences | undefined;
  readonly report: RunReport;
  readonly fence: Fence;
  readonly events: RunEvents;
  readonly log: RunLog;
  readonly links: Links;
  /** For connections to workers. */
  readonly security: Security;
  /** There once the machine runs. */
  readonly loop: () => Loop;
  /** The worker that all others equal; undefined before any was ready. */
  readonly first: () => FirstWorker | undefined;
  /** Ends the run without another word of the machine. */
  readonly fail: (error: unknown) => void;
  /** Milliseconds of a clock that never runs backwards. */
  readonly now: () => number;
  /** Aborted when the run is over: ends what still reads and writes. */
  readonly over: AbortSignal;
}

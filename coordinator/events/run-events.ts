/** The events of a run from the moment that its journal is open: what an earlier coordinator left untold comes first. */
import { DEFAULT_EVENTS_LIMIT_MIB } from '../../core/config/nats.js';
import type { OpenedRun, RunFolder } from '../open-run.js';
import type { ResolvedRun } from '../resolve-run.js';
import { type EventLog, openEventLog } from './event-log.js';
import { isStepTold } from './told.js';

const BYTES_OF_A_MIB = 2 ** 20;

/**
 * @param onError the events can't be written any more.
 * @throws STORAGE
 */
export function openEvents(
  { runId, isResumed, fence }: Pick<OpenedRun, 'runId' | 'isResumed' | 'fence'>,
  { output, nats }: ResolvedRun,
  onError: (error: Error) => void,
): Promise<EventLog> {
  const limitBytes = (nats?.eventsLimitMiB ?? DEFAULT_EVENTS_LIMIT_MIB) * BYTES_OF_A_MIB;
  return openEventLog({ output, run: runId, goesOn: isResumed, limitBytes, fence, onError, timeMs: Date.now });
}

export interface RunStart {
  readonly opened: OpenedRun;
  readonly folder: Pick<RunFolder, 'claim' | 'lease'>;
  readonly config: ResolvedRun;
  readonly datasetDigest: string;
  /** null: until it is stopped. */
  readonly totalSteps: number | null;
  /** Steps that the metrics have; the report has told those. */
  readonly recorded: { has(step: number): boolean };
}

/** Steps that are committed but have no metrics (a crash kept them from the disk), then that this coordinator starts. */
export function tellStart(
  events: Pick<EventLog, 'tell' | 'told'>,
  { opened, folder, config, datasetDigest, totalSteps, recorded }: RunStart,
): void {
  const { start, lastCommitted, commits, incarnation } = opened.journal.summary;
  const afterStep = opened.isResumed ? (lastCommitted?.step ?? 0) : 0;
  const isSameRun = start?.runId === opened.runId;
  for (const { step } of isSameRun ? commits : []) {
    if (step > afterStep || recorded.has(step) || isStepTold(events.told(), step)) continue;
    events.tell({ kind: 'step', step, metrics: null });
  }
  tellLease(events, folder);
  events.tell({
    kind: 'runStarted',
    incarnation: incarnation + 1,
    afterStep,
    totalSteps,
    method: config.method,
    loss: config.loss.type,
    datasetDigest,
  });
}

/** What the one before could not tell any more is told by its successor. */
function tellLease(events: Pick<EventLog, 'tell'>, { claim, lease }: RunStart['folder']): void {
  const { epoch } = claim;
  if (lease.lostBy !== undefined) events.tell({ kind: 'leaseLost', holder: lease.lostBy, epoch: claim.found.epoch });
  events.tell({ kind: 'leaseTaken', holder: lease.holder, epoch });
}

/**
 * The rows of a live run: which there are, which wait, and which step has which. A step's rows are in the journal before
 * anybody works on them, so that they are the same whenever that step is made, and each row has one step at most.
 */
import { ProspectError } from '../../core/errors.js';
import type { Journal } from '../journal/claim-journal.js';
import type { Fence } from '../journal/fence.js';
import type { JournalSummary, StepRows } from '../journal/summary.js';
import type { BatchRules, WaitingCounts } from './form-batch.js';
import { createListeners } from './listeners.js';
import { BEGINNING, type FeedbackPosition, usedBefore } from './position.js';
import { type NewRow, openRowLog, type RowLog } from './row-log.js';
import { createWaitingRows } from './waiting-rows.js';

export interface LiveRows {
  readonly log: RowLog;
  /** From here on steps can be planned. */
  begin(journal: Pick<Journal, 'append'>): void;
  /** Rows that no step has. */
  waiting(): WaitingCounts;
  /** Resolves when they would survive a crash; only then they wait for a step. @throws STORAGE */
  append(rows: readonly NewRow[]): Promise<number>;
  /** Gives a step its rows. Resolves when that is in the journal. @throws STORAGE */
  plan(step: number, rules: BatchRules): Promise<void>;
  planOf(step: number): StepRows | undefined;
  /** The step has its rows, and they are in the log. @throws STORAGE when others are in their place. */
  isReady(step: number): boolean;
  /** Steps have rows that are not in the log, because that was lost. */
  lacksRows(): boolean;
  /** The step's record is in the journal. */
  committed(step: number): void;
  /** It may still be trained on: its message is not done with. */
  isOpen(row: number): boolean;
  /** The first row that is open; how many rows there are when none is. */
  firstOpen(): number;
  /** The newest message of the source that is in the log. */
  place(): Place;
  /** Where the source and the rows stand after a step, for its snapshot. */
  position(step: number): FeedbackPosition;
  /** The run goes on from a snapshot of this step. Where the journal does not know its rows, the snapshot's position counts. */
  goBack(step: number, position: FeedbackPosition | undefined): Promise<void>;
  /** Told whenever rows were added. @returns takes the listener away. */
  onAdded(listener: () => void): () => void;
  /** Told the rows of each step that is committed. @returns takes the listener away. */
  onCommitted(listener: (rows: readonly number[]) => void): () => void;
  close(): Promise<void>;
}

/** A message of the source. */
export interface Place {
  readonly generation: number;
  readonly sequence: number;
}

export type FoundRows = Pick<JournalSummary, 'plans' | 'commits' | 'feedback'>;

/** @throws STORAGE */
export async function openLiveRows(output: string, found: FoundRows, fence: Pick<Fence, 'mayAct'>): Promise<LiveRows> {
  const log = await openRowLog(output, fence);
  const plans = new Map(found.plans);
  const stepOf = new Map<number, number>();
  for (const [step, { rows }] of plans) for (const row of rows) stepOf.set(row, step);
  const waiting = createWaitingRows();
  const added = createListeners<void>();
  const trained = createListeners<readonly number[]>();
  let isUsed = usedBefore(found.feedback ?? BEGINNING);
  let committedStep = Math.max(0, ...found.commits.map(({ step }) => step));
  let firstOpen = 0;
  let place: Place = { generation: 0, sequence: 0 };
  let journal: Pick<Journal, 'append'> | undefined;

  const isForSteps = (row: number) => {
    const record = log.record(row);
    return record.kind === 'row' && !record.heldOut && (stepOf.has(row) || !isUsed(record));
  };
  const isOpen = (row: number) => isForSteps(row) && (stepOf.get(row) ?? Number.POSITIVE_INFINITY) > committedStep;
  const index = (first: number) => {
    for (let row = first; row < log.size(); row++) {
      const { kind, desirable, generation, sequence } = log.record(row);
      place = { generation, sequence: kind === 'renumbered' ? sequence : Math.max(sequence, place.sequence) };
      if (isForSteps(row) && !stepOf.has(row)) waiting.add(row, desirable);
    }
  };
  index(0);
  return {
    log,
    begin(opened) {
      journal = opened;
    },
    waiting: waiting.counts,
    async append(rows) {
      const first = await log.append(rows);
      index(first);
      added.tell();
      return first;
    },
    async plan(step, rules) {
      const plan: StepRows = { rows: waiting.take(rules), seen: log.size(), sequence: place.sequence };
      for (const row of plan.rows) stepOf.set(row, step);
      await journal!.append({ kind: 'plan', step, ...plan });
      plans.set(step, plan);
    },
    planOf: (step) => plans.get(step),
    isReady(step) {
      const plan = plans.get(step);
      if (!plan) return false;
      const isThere = log.size() >= plan.seen;
      if (isThere && log.record(plan.seen - 1).sequence === plan.sequence) return true;
      if (isThere || place.sequence >= plan.sequence) throw otherRows(step);
      return false;
    },
    lacksRows: () => [...plans.values()].some(({ seen }) => seen > log.size()),
    committed(step) {
      committedStep = Math.max(committedStep, step);
      trained.tell(plans.get(step)?.rows ?? []);
    },
    isOpen,
    firstOpen() {
      while (firstOpen < log.size() && !isOpen(firstOpen)) firstOpen++;
      return firstOpen;
    },
    place: () => place,
    position(step) {
      const later = [...plans].flatMap(([other, { rows }]) => (other > step ? rows : []));
      const rows = [...waiting.all(), ...later].sort((a, b) => a - b).map(log.record);
      const own = rows.filter(({ generation }) => generation === place.generation);
      return { ...place, waiting: [...new Set(own.map(({ sequence }) => sequence))] };
    },
    async goBack(step, position) {
      if (step === 0 || plans.has(step) || !position) return;
      isUsed = usedBefore(position);
      waiting.keep((row) => !isUsed(log.record(row)));
      await journal!.append({ kind: 'feedback', ...position });
    },
    onAdded: added.add,
    onCommitted: trained.add,
    close: log.close,
  };
}

/** A row log that was lost grows again as it was, from a stream that still has all rows. */
export function otherRows(step: number): ProspectError {
  const message =
    `the row log was lost, and the source no longer has all rows that it had before step ${step}. Restore the folder ` +
    'feedback in the output folder from a backup, or begin anew with --overwrite.';
  return new ProspectError('STORAGE', message);
}

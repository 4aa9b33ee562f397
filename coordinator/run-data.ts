/** What a run keeps in memory beside the machine's state, filled from what lies in its output folder when it goes on. */
import { join } from 'node:path';
import { needsMismatchedPairs, needsReference } from '../core/kto.js';
import { type Calendar, positionOf } from './calendar.js';
import { createLedger, fillLedger, type Ledger } from './driver/ledger.js';
import { needsPrelude, readOwnReferences } from './driver/reference-prelude.js';
import type { CommitRecord } from './machine/types.js';
import { commitOf } from './machine-start.js';
import type { StepMetrics } from './metrics/step-metrics.js';
import type { OpenedRun } from './open-run.js';
import { planStep } from './plan-step.js';
import { addCommon, type CommonReferences, createCommonReferences } from './reference-cache/common.js';
import { openReferenceLog, type ReferenceLine, type ReferenceLog } from './reference-cache/log.js';
import { createReferenceTable, fillTable, pairPlaces, type RunReferences } from './reference-cache/table.js';
import type { ResolvedRun } from './resolve-run.js';
import type { RunLog } from './run-log.js';
import type { RunRows } from './run-rows.js';
import { loadNewest } from './snapshots/load-newest.js';
import { SNAPSHOTS_FOLDER } from './snapshots/survey.js';

export interface RunData {
  readonly references: RunReferences;
  /** What other runs come to as well; undefined for full fine-tuning, which has all of it ahead. */
  readonly common: CommonReferences | undefined;
  readonly referenceLog: ReferenceLog;
  readonly ledger: Ledger;
  /** Step in which each row was set aside. */
  readonly setAside: Map<number, number>;
  /** The reference tables of full fine-tuning are filled. */
  readonly hasReferences: boolean;
}

export interface RunDataOptions {
  readonly config: ResolvedRun;
  readonly calendar: Calendar;
  readonly dataset: RunRows;
  readonly opened: OpenedRun;
  /** Step in which each row was set aside, as the journal has it. */
  readonly setAside: Map<number, number>;
  /** Metrics that the run has written already, by step. */
  readonly recorded: ReadonlyMap<number, StepMetrics>;
  readonly log: RunLog;
}

/** @throws STORAGE when something that the run needs is gone or damaged. */
export async function openRunData(options: RunDataOptions): Promise<RunData> {
  const { config, calendar, dataset, opened, recorded, setAside } = options;
  const { summary } = opened.journal;
  const references = emptyTables(options);
  const hasReferences = needsPrelude({ config }) && summary.lastCommitted !== undefined;
  if (hasReferences) await fillFromDisk(references, options);
  const commits = summary.commits.map(commitOf);
  const common = commonReferences(references, options);
  const referenceLog = await openLog(references, common, commits, options);
  const ledger = createLedger();
  const tokensOf = (step: number) => {
    const { matched } = planStep(dataset.train, config, positionOf(step, calendar));
    return matched.sequences.reduce((tokens, { tokenIds }) => tokens + tokenIds.length, 0);
  };
  fillLedger(ledger, commits, recorded, tokensOf);
  if (opened.allowed.length > 0) ledger.cutBack(summary.lastCommitted?.step ?? 0);
  return { references, common, referenceLog, ledger, setAside, hasReferences };
}

function emptyTables({ config, calendar, dataset: { train, heldOut } }: RunDataOptions): RunReferences {
  // Live rows are used once: there is no later epoch to keep anything for.
  if (train.planned)
    return { train: createReferenceTable(0, 0), heldOut: createReferenceTable(heldOut.size, heldOut.size) };
  const pairs = needsMismatchedPairs(config.loss.type) ? pairPlaces(config, train.size, calendar.totalSteps) : 0;
  return {
    train: createReferenceTable(train.size, pairs),
    heldOut: createReferenceTable(heldOut.size, heldOut.size),
  };
}

function commonReferences({ train }: RunReferences, options: RunDataOptions): CommonReferences | undefined {
  const { config, opened, dataset } = options;
  const isUsed = config.method === 'lora' && needsReference(config.loss.type) && !dataset.train.planned;
  return isUsed && !wasChanged(opened) ? createCommonReferences(train) : undefined;
}

/** Its configuration, rows, model or engine, on purpose, at any time. */
function wasChanged({ allowed, journal }: OpenedRun): boolean {
  return allowed.length > 0 || journal.records.some((record) => record.kind === 'start' && record.allowed.length > 0);
}

function fillFromDisk(references: RunReferences, { config, log }: RunDataOptions): Promise<void> {
  const kept = async () => (await loadNewest(join(config.output, SNAPSHOTS_FOLDER), { log }))?.references;
  return readOwnReferences({ config, references }, kept);
}

/**
 * Lines of steps that were never committed are left out: their rows may come in other microbatches next time. After a
 * change that was allowed the log begins anew: rows, pairs and microbatches may be other ones.
 */
async function openLog(
  { train }: RunReferences,
  common: CommonReferences | undefined,
  commits: readonly CommitRecord[],
  { config, opened }: RunDataOptions,
): Promise<ReferenceLog> {
  const attempts = new Map(commits.map(({ step, attempt }) => [step, attempt]));
  const lines = new Map<number, ReferenceLine>();
  const mode = opened.isResumed && opened.allowed.length === 0 ? 'resume' : 'new';
  const log = await openReferenceLog(join(config.output, 'references.log'), mode, (line) => {
    if (attempts.get(line.step) !== line.attempt) return;
    fillTable(train, line);
    lines.set(line.step, line);
  });
  const nothing = { rows: [], logps: [], pairs: [], pairLogps: [] };
  if (common)
    for (const { step, attempt } of commits) addCommon(common, { step, attempt, ...nothing, ...lines.get(step) });
  return log;
}

/** What a run keeps in memory beside the machine's state, filled from what lies in its output folder when it goes on. */
import { join } from 'node:path';
import { needsMismatchedPairs } from '../core/kto.js';
import { type Calendar, positionOf } from './calendar.js';
import type { Dataset } from './dataset/dataset.js';
import { createLedger, fillLedger, type Ledger } from './driver/ledger.js';
import { needsPrelude, readOwnReferences } from './driver/reference-prelude.js';
import type { CommitRecord } from './machine/types.js';
import { commitOf } from './machine-start.js';
import type { StepMetrics } from './metrics/step-metrics.js';
import type { OpenedRun } from './open-run.js';
import { planStep } from './plan-step.js';
import { openReferenceLog, type ReferenceLog } from './reference-cache/log.js';
import { createReferenceTable, type RunReferences } from './reference-cache/table.js';
import type { ResolvedRun } from './resolve-run.js';
import type { RunLog } from './run-log.js';
import { loadNewest } from './snapshots/load-newest.js';
import { SNAPSHOTS_FOLDER } from './snapshots/survey.js';

export interface RunData {
  readonly references: RunReferences;
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
  readonly dataset: Pick<Dataset, 'train' | 'heldOut'>;
  readonly opened: OpenedRun;
  /** Metrics that the run has written already, by step. */
  readonly recorded: ReadonlyMap<number, StepMetrics>;
  readonly log: RunLog;
}

/** @throws STORAGE when something that the run needs is gone or damaged. */
export async function openRunData(options: RunDataOptions): Promise<RunData> {
  const { config, calendar, dataset, opened, recorded } = options;
  const { summary } = opened.journal;
  const references = emptyTables(options);
  const hasReferences = needsPrelude({ config }) && summary.lastCommitted !== undefined;
  if (hasReferences) await fillFromDisk(references, options);
  const commits = summary.commits.map(commitOf);
  const referenceLog = await openLog(references, commits, options);
  const ledger = createLedger();
  const tokensOf = (step: number) => {
    const { matched } = planStep(dataset.train, config, positionOf(step, calendar));
    return matched.sequences.reduce((tokens, { tokenIds }) => tokens + tokenIds.length, 0);
  };
  fillLedger(ledger, commits, recorded, tokensOf);
  if (opened.allowed.length > 0) ledger.cutBack(summary.lastCommitted?.step ?? 0);
  const setAside = new Map(summary.setAside.map(({ row, step }) => [row, step]));
  return { references, referenceLog, ledger, setAside, hasReferences };
}

function emptyTables({ config, calendar, dataset: { train, heldOut } }: RunDataOptions): RunReferences {
  const keepsPairs = needsPrelude({ config }) && needsMismatchedPairs(config.loss.type);
  return {
    train: createReferenceTable(train.size, keepsPairs ? calendar.totalSteps * config.training.globalBatch : 0),
    heldOut: createReferenceTable(heldOut.size, heldOut.size),
  };
}

function fillFromDisk(references: RunReferences, { config, log }: RunDataOptions): Promise<void> {
  const kept = async () => (await loadNewest(join(config.output, SNAPSHOTS_FOLDER), { log }))?.references;
  return readOwnReferences({ config, references }, kept);
}

/** Lines of steps that were never committed are left out: their rows may come in other microbatches next time. */
function openLog(
  { train }: RunReferences,
  commits: readonly CommitRecord[],
  { config, opened }: RunDataOptions,
): Promise<ReferenceLog> {
  const attempts = new Map(commits.map(({ step, attempt }) => [step, attempt]));
  const mode = opened.isResumed ? 'resume' : 'new';
  return openReferenceLog(join(config.output, 'references.log'), mode, ({ step, attempt, rows, logps }) => {
    if (attempts.get(step) !== attempt) return;
    for (const [i, row] of rows.entries()) train.matched[row] = logps[i]!;
  });
}

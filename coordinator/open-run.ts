/** Whether a run is a new one or goes on, decided from what lies in its output folder; and what it goes on from. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ProspectError } from '../core/errors.js';
import type { FirstWorker } from './admission.js';
import { REFERENCES_FILE } from './driver/reference-prelude.js';
import { holdsLiveRows } from './feedback/holds-live-rows.js';
import { type FolderLock, lockFolder } from './journal/lock.js';
import { type Journal, openJournal, readJournal } from './journal/open-journal.js';
import { type JournalSummary, summarize } from './journal/summary.js';
import { type RunRecord, readRunRecord } from './output/save-run-record.js';
import type { ResolvedRun } from './resolve-run.js';
import type { RunLog } from './run-log.js';
import { digestOfConfig } from './snapshots/config-digest.js';
import { checkDifferences, differencesOf } from './snapshots/differences.js';
import { removeAllSnapshots } from './snapshots/remove.js';
import { SNAPSHOTS_FOLDER } from './snapshots/survey.js';

export interface ResumeOptions {
  /**
   * new refuses a folder with an unfinished run; overwrite forgets it; resume goes on with it and refuses a folder
   * without; automatic goes on where there is one.
   */
  readonly mode: 'new' | 'overwrite' | 'resume' | 'automatic';
  /** Changes since then that are allowed, by name. */
  readonly allow: readonly string[];
}

/** A folder that is this coordinator's until `lock` is released. */
export interface RunFolder {
  readonly lock: FolderLock;
  readonly mode: 'overwrite' | 'resume';
  /** Of the run that goes on. */
  readonly found: JournalSummary;
}

export interface OpenedRun {
  readonly runId: string;
  readonly journal: Journal;
  readonly isResumed: boolean;
  /** Names of changes that were allowed. */
  readonly allowed: readonly string[];
  /** What workers must equal; undefined when none was ever ready, or when another model or engine was allowed. */
  readonly first: FirstWorker | undefined;
}

/** @throws ADDRESS_IN_USE while another coordinator has the folder; CONFIG_INVALID for a folder that is not as `mode` wants. */
export async function takeFolder(output: string, { mode }: ResumeOptions, log: RunLog): Promise<RunFolder> {
  const lock = await lockFolder({ path: join(output, 'coordinator.lock'), log, nowMs: Date.now() });
  try {
    const found = summarize((await readJournal(journalPath(output))).records);
    // Without a step or a lasting command nothing is lost, and what ended it may have been corrected since; but live rows
    // are safe here, as their sender was told.
    const isBegun =
      found.lastCommitted !== undefined || found.isSteered || (found.start && (await holdsLiveRows(output)));
    const isUnfinished = isBegun === true && !found.finished;
    if (mode === 'resume' && !isUnfinished) throw nothingToResume(output, found);
    // openJournal refuses a new run in an unfinished one's place; before rows are read, that comes sooner.
    if (mode === 'new' && isUnfinished) await openJournal({ path: journalPath(output), mode, log });
    const goesOn = mode === 'resume' || (mode === 'automatic' && isUnfinished);
    return { lock, mode: goesOn ? 'resume' : 'overwrite', found };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

export interface OpenRunOptions {
  readonly folder: RunFolder;
  readonly config: ResolvedRun;
  readonly datasetDigest: string;
  readonly allow: readonly string[];
  readonly newRunId: string;
  readonly log: RunLog;
}

/** @throws CONFIG_INVALID when it is not the same run any more, with every difference that is not allowed. */
export async function openRun(options: OpenRunOptions): Promise<OpenedRun> {
  const { folder, config, datasetDigest, newRunId, log } = options;
  const { mode, found } = folder;
  const path = journalPath(config.output);
  const start = mode === 'resume' ? found.start : undefined;
  const record = start && (await readRunRecord(config.output, start.runId));
  const allowed = record ? allowedChanges(record, options) : [];
  const journal = await openJournal({ path, mode, log });
  if (!start) await forgetEarlierRun(config.output);
  // Workers that hold something of the run before must not go on with it.
  const runId = start && allowed.length === 0 ? start.runId : newRunId;
  await journal.append({
    kind: 'start',
    runId,
    incarnation: (start?.incarnation ?? 0) + 1,
    configDigest: digestOfConfig(config),
    datasetDigest,
    modelDigest: record?.modelDigest ?? '',
    allowed: [...allowed],
  });
  const isSameModel = !allowed.includes('model') && !allowed.includes('engine') && runId === start?.runId;
  return { runId, journal, isResumed: start !== undefined, allowed, first: isSameModel ? firstOf(record) : undefined };
}

function journalPath(output: string): string {
  return join(output, 'journal.jsonl');
}

function nothingToResume(output: string, { start, finished }: JournalSummary): ProspectError {
  const remedy = 'Leave --resume out to begin a new run, or look at output in the configuration.';
  const what = start && finished ? `run ${start.runId} in ${output} is finished` : `${output} holds no step of a run`;
  return new ProspectError('CONFIG_INVALID', `output: there is nothing to resume: ${what}. ${remedy}`);
}

function allowedChanges(record: RunRecord, { config, datasetDigest, allow }: OpenRunOptions): string[] {
  const differences = differencesOf(record, { config, datasetDigest });
  const asked = allow.filter((name) => name === 'model' || name === 'engine');
  return [...checkDifferences(differences, allow, `the run in ${config.output}`), ...asked];
}

/** Nothing of an earlier run may be taken for this one's. */
async function forgetEarlierRun(output: string): Promise<void> {
  await removeAllSnapshots(join(output, SNAPSHOTS_FOLDER));
  await rm(join(output, REFERENCES_FILE), { force: true });
}

function firstOf(record: RunRecord | undefined): FirstWorker | undefined {
  if (!record) return undefined;
  const { firstWorker, engine, modelDigest, initialParameterDigest, parameters } = record;
  return {
    workerId: firstWorker,
    loaded: { engine, modelDigest, parameterDigest: initialParameterDigest, parameters },
  };
}

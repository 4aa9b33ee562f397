/** Whether a run is a new one or goes on, decided from what lies in its output folder; and what it goes on from. */
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ProspectError } from '../core/errors.js';
import type { FirstWorker } from './admission.js';
import { REFERENCES_FILE } from './driver/reference-prelude.js';
import { holdsLiveRows } from './feedback/holds-live-rows.js';
import { claimJournal, type Journal, type JournalClaim } from './journal/claim-journal.js';
import { type Fence, leaseLost } from './journal/fence.js';
import { JOURNAL_FOLDER } from './journal/segments.js';
import { type JournalSummary, summarize } from './journal/summary.js';
import type { Lease } from './lease/take-lease.js';
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

/** A folder in which this coordinator leads. */
export interface RunFolder {
  readonly mode: 'overwrite' | 'resume';
  readonly claim: JournalClaim;
  readonly fence: Fence;
  readonly lease: Pick<Lease, 'holder' | 'lostBy'>;
  /** Of the run that goes on. */
  readonly found: JournalSummary;
}

export interface OpenedRun {
  readonly runId: string;
  readonly journal: Journal;
  readonly fence: Fence;
  readonly isResumed: boolean;
  /** Names of changes that were allowed. */
  readonly allowed: readonly string[];
  /** What workers must equal; undefined when none was ever ready, or when another model or engine was allowed. */
  readonly first: FirstWorker | undefined;
}

/**
 * Claims the journal of a folder whose lease is held.
 * @returns undefined when the one that was waited for has finished the run, or was told to stop it.
 * @throws CONFIG_INVALID for a folder that is not as `mode` wants.
 */
export async function takeFolder(
  output: string,
  { mode }: ResumeOptions,
  lease: Lease,
): Promise<RunFolder | undefined> {
  const claim = await claimJournal(join(output, JOURNAL_FOLDER), { mayBeDamaged: mode === 'overwrite' });
  const found = summarize(claim.found.records);
  // Without a step or a lasting command nothing is lost, and what ended it may have been corrected since; but live rows
  // are safe here, as their sender was told.
  const isBegun =
    found.lastCommitted !== undefined || found.isSteered || (found.start && (await holdsLiveRows(output)));
  const isUnfinished = isBegun === true && !found.finished;
  const isOver = lease.hasWaited && (found.finished !== undefined || found.isStopped);
  const refusal = isOver ? undefined : refusalOf(mode, isUnfinished, output, found);
  if (isOver || refusal) await claim.drop();
  if (refusal) throw refusal;
  if (isOver) return undefined;
  const goesOn = mode === 'resume' || (mode === 'automatic' && isUnfinished);
  return { mode: goesOn ? 'resume' : 'overwrite', claim, fence: fenceOf(claim, lease), lease, found };
}

/** Gives the claim back, while the lease is held. A run that never began leaves nothing; another folder is not empty. */
export async function leaveFolder({ claim }: RunFolder, output: string): Promise<void> {
  await claim.drop();
  await rmdir(join(output, JOURNAL_FOLDER)).catch(() => undefined);
}

function refusalOf(
  mode: ResumeOptions['mode'],
  isUnfinished: boolean,
  output: string,
  found: JournalSummary,
): ProspectError | undefined {
  if (mode === 'resume' && !isUnfinished) return nothingToResume(output, found);
  if (mode === 'new' && isUnfinished) return inTheWay(output, found);
  return undefined;
}

function fenceOf(claim: JournalClaim, lease: Pick<Lease, 'mayWrite'>): Fence {
  return {
    mayWrite: lease.mayWrite,
    async mayAct() {
      if (!(await claim.isNewest())) throw leaseLost('it has begun a later epoch of the journal');
    },
  };
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
  const { mode, found, claim, fence, lease } = folder;
  const start = mode === 'resume' ? found.start : undefined;
  const record = start && (await readRunRecord(config.output, start.runId));
  const allowed = record ? allowedChanges(record, options) : [];
  const journal = await claim.open({ goesOn: mode === 'resume', holder: lease.holder, fence, log });
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
  const first = isSameModel ? firstOf(record) : undefined;
  return { runId, journal, fence, isResumed: start !== undefined, allowed, first };
}

function nothingToResume(output: string, { start, finished }: JournalSummary): ProspectError {
  const remedy = 'Leave --resume out to begin a new run, or look at output in the configuration.';
  const what = start && finished ? `run ${start.runId} in ${output} is finished` : `${output} holds no step of a run`;
  return new ProspectError('CONFIG_INVALID', `output: there is nothing to resume: ${what}. ${remedy}`);
}

function inTheWay(output: string, { start, lastCommitted }: JournalSummary): ProspectError {
  return new ProspectError(
    'CONFIG_INVALID',
    `output: ${output} holds run ${start?.runId}, which is not finished (${lastCommitted?.step ?? 0} steps so far). ` +
      'Go on with it (--resume), choose another output, or begin anew in its place (--overwrite).',
  );
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

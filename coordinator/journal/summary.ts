/** What a journal says about its run. Pure: records in, facts out. */
import type { FeedbackPosition } from '../feedback/position.js';
import { STOPPED_BY_COMMAND } from './command-record.js';
import type { CommandLine, CommitLine, FinishedRecord, JournalRecord, StartRecord } from './record.js';

/** Of a step of a live run. */
export interface StepRows {
  /** Numbers in the row log. */
  readonly rows: readonly number[];
  /** Rows that the log had when they were chosen. */
  readonly seen: number;
  /** Of the newest message in it. */
  readonly sequence: number;
}

export interface JournalSummary {
  /** Of the last coordinator; 0 when there was none. */
  readonly incarnation: number;
  /** The last coordinator's. */
  readonly start: StartRecord | undefined;
  readonly lastCommitted: CommitLine | undefined;
  /** By step, the newest of each: those in force, and those that are to be made again with the same digests. */
  readonly commits: readonly CommitLine[];
  /** Rows, in the order in which they were set aside. */
  readonly setAside: readonly { readonly row: number; readonly step: number }[];
  /** Step of the last snapshot; undefined where there is none. */
  readonly lastSnapshot: number | undefined;
  readonly finished: FinishedRecord | undefined;
  /** The last coordinator was told to stop the run: no other one goes on by itself. */
  readonly isStopped: boolean;
  /** A person has changed how the run goes on. */
  readonly isSteered: boolean;
  /** Of a live run, by step; going back to a snapshot changes none. */
  readonly plans: ReadonlyMap<number, StepRows>;
  /** Of a live run: rows that steps had which are older than the journal. */
  readonly feedback: FeedbackPosition | undefined;
}

export function summarize(records: readonly JournalRecord[]): JournalSummary {
  const commits = new Map<number, CommitLine>();
  const setAside = new Map<number, number>();
  const plans = new Map<number, StepRows>();
  let feedback: FeedbackPosition | undefined;
  let start: StartRecord | undefined;
  let last = 0;
  let lastSnapshot: number | undefined;
  let finished: FinishedRecord | undefined;
  let isSteered = false;
  let isStopped = false;
  for (const record of records) {
    if (record.kind === 'start') {
      start = record;
      finished = undefined;
      isStopped = false;
      if (record.allowed.length > 0) keepUpTo(commits, last);
    }
    if (record.kind === 'commit') {
      commits.set(record.step, record);
      last = record.step;
    }
    if (record.kind === 'restored') {
      last = record.step;
      for (const row of record.setAside) setAside.set(row, setAside.get(row) ?? record.step);
      if (start && start.allowed.length > 0) keepUpTo(commits, last);
    }
    if (record.kind === 'plan') plans.set(record.step, record);
    if (record.kind === 'feedback') feedback = record;
    if (record.kind === 'setAside') for (const row of record.rows) setAside.set(row, record.step);
    if (record.kind === 'command') {
      isSteered ||= isLasting(record.command);
      // SIGTERM stops a coordinator, and another one may go on.
      isStopped ||= record.command.command === 'stop' && record.command.reason === STOPPED_BY_COMMAND;
    }
    if (record.kind === 'snapshot') lastSnapshot = record.step;
    if (record.kind === 'finished') finished = record;
  }
  return {
    incarnation: start?.incarnation ?? 0,
    start,
    lastCommitted: commits.get(last),
    commits: [...commits.values()].sort((a, b) => a.step - b.step),
    setAside: [...setAside].map(([row, step]) => ({ row, step })),
    lastSnapshot,
    finished,
    isStopped,
    isSteered,
    plans,
    feedback,
  };
}

export function commitsAfter(summary: JournalSummary, step: number): CommitLine[] {
  return summary.commits.filter((commit) => commit.step > step);
}

/** The other commands are about the coordinator that was there. */
function isLasting({ command }: CommandLine['command']): boolean {
  return command === 'pause' || command === 'resume' || command === 'workers' || command === 'learningRate';
}

/** Later steps will be other ones, with another configuration or other data. */
function keepUpTo(commits: Map<number, CommitLine>, last: number): void {
  for (const step of commits.keys()) if (step > last) commits.delete(step);
}

/** A run as the page shows it: one that goes on, or one that is read from its folder. */
import type { RunConfig } from '../../core/config/schema.js';
import type { Columns } from './columns.js';
import type { Timeline } from './timeline.js';

export interface WatchedRun {
  readonly id: string;
  /** For a person, to tell runs apart. */
  readonly name: string;
  readonly config: RunConfig;
  /** What it leaves lies there. */
  readonly folder: string;
  /** null: it lasts until it is stopped. */
  readonly totalSteps: number | null;
  readonly columns: Columns;
  readonly timeline: Timeline;
  status(): ShownStatus;
}

export interface ShownStatus {
  /** Of the state machine, or how a run from files ended. */
  readonly state: string;
  readonly step: number;
  /** What the step at work is at; undefined when there is none. */
  readonly stage: string | undefined;
  /** Of the latest steps; undefined before the first one. */
  readonly secondsPerStep: number | undefined;
  readonly limits: { readonly min: number; readonly max: number } | undefined;
  readonly workers: readonly ShownWorker[];
  /** Step of the last snapshot; 0: none. */
  readonly snapshotStep: number;
  /** Those that hold now. */
  readonly alarms: readonly ShownAlarm[];
}

export interface ShownWorker {
  readonly id: string;
  readonly state: string;
  /** Of the step at work, 0 to 1; undefined when nothing is shared out. */
  readonly share: number | undefined;
  /** What it says that it is doing; '' before its first heartbeat. */
  readonly phase: string;
  /** undefined before it was measured. */
  readonly tokensPerSecond: number | undefined;
}

export interface ShownAlarm {
  readonly kind: string;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** Steps that the pace is taken from: enough to be steady, few enough to follow workers that come and go. */
const PACE_STEPS = 50;

/** Mean seconds of the latest steps. */
export function paceOf(columns: Columns): number | undefined {
  const last = columns.last();
  const latest = columns.of('step_seconds').subarray(Math.max(0, last - PACE_STEPS), last);
  const known = latest.filter((seconds) => !Number.isNaN(seconds));
  return known.length === 0 ? undefined : known.reduce((sum, seconds) => sum + seconds, 0) / known.length;
}

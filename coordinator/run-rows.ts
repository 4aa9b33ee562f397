/** The rows of a run, from files or live, and what follows from which of both it is. */
import type { RunConfig } from '../core/config/schema.js';
import { type Calendar, calendarOf, liveCalendar } from './calendar.js';
import { openDataset } from './dataset/open-dataset.js';
import { type OpenedLive, openLive } from './feedback/open-live.js';
import type { RunFolder } from './open-run.js';
import { trainingRowCount } from './plan-step.js';
import { type ResolvedRun, resolveRun } from './resolve-run.js';
import type { RowSource } from './row-source.js';
import type { RunLog } from './run-log.js';

export interface RunRows {
  readonly train: RowSource;
  readonly heldOut: RowSource;
}

export interface OpenedRows extends RunRows {
  readonly config: ResolvedRun;
  readonly calendar: Calendar;
  /** Where rows come while the run goes on. */
  readonly live: OpenedLive | undefined;
  close(): Promise<void>;
}

export interface RowsOptions {
  readonly config: RunConfig;
  readonly cacheDir: string;
  readonly log: RunLog;
  readonly signal: AbortSignal;
}

/** Nobody knows yet how many there will be. */
const NO_COUNTS = { desirableCount: 0, undesirableCount: 0 };

/** @throws DATA_INVALID, MODEL_INVALID (tokenizer), STORAGE */
export async function openRows(options: RowsOptions, folder: RunFolder): Promise<OpenedRows> {
  const rows = await openFileRows(options);
  if (rows) return rows;
  const { config, cacheDir, log } = options;
  const live = await openLive({ config, folder, cacheDir, log: (line) => log.warn({}, line) });
  const resolved = resolveRun(config, NO_COUNTS);
  return { ...live, live, config: resolved, calendar: liveCalendar(resolved) };
}

/** @returns undefined for live rows: they are in the folder, and whoever leads writes there. */
export async function openFileRows({ config, cacheDir, log, signal }: RowsOptions): Promise<OpenedRows | undefined> {
  if (config.data.source !== 'files') return undefined;
  const dataset = await openDataset(config, {
    cacheDir,
    log: (line) => log.warn({}, line),
    onProgress: (rows) => {
      signal.throwIfAborted();
      log.debug({ rows }, 'rows tokenized');
    },
  });
  const resolved = resolveRun(config, dataset.train);
  const calendar = calendarOf(trainingRowCount(dataset.train, resolved), resolved);
  return { ...dataset, live: undefined, config: resolved, calendar };
}

/** A run read from its folder, whoever made it and however it ended: for `prospect view` and `prospect compare`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProspectError } from '../../core/errors.js';
import type { RunEvent } from '../../core/events/run-event.js';
import { EVENTS_FILE } from '../events/event-log.js';
import { stepEvent } from '../events/metrics-events.js';
import { readMetrics } from '../metrics/read-metrics.js';
import type { RunRecord } from '../output/save-run-record.js';
import { type Columns, createColumns } from './columns.js';
import { trainingAlarms } from './shown-alarms.js';
import { createTimeline, readTimeline } from './timeline.js';
import { paceOf, type ShownStatus, type WatchedRun } from './watched-run.js';

const RECORD_FILE = 'run.json';
const METRICS_FILE = 'metrics.jsonl';

/** How a run ended, by its last event about that. */
const ENDS: Readonly<Partial<Record<RunEvent['kind'], string>>> = {
  runStarted: 'unfinished',
  runFinished: 'finished',
  runStopped: 'stopped',
  runFailed: 'failed',
};

/**
 * @param name for a person.
 * @throws CONFIG_INVALID for a folder that is no run's; DATA_INVALID for files that cannot be read.
 */
export async function readRecordedRun(folder: string, name: string): Promise<WatchedRun> {
  const { runId, config, totalSteps } = await readRecord(folder);
  const columns = createColumns();
  for await (const line of readMetrics(join(folder, METRICS_FILE))) {
    if (line.kind === 'step') columns.add(line.metrics.step, stepEvent(line.metrics).metrics);
  }
  const timeline = createTimeline();
  timeline.precede(await readTimeline(join(folder, EVENTS_FILE), runId));
  const status = () => recordedStatus(columns, timeline.after(0));
  return { id: runId, name, folder, config, totalSteps, columns, timeline, status };
}

async function readRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, RECORD_FILE);
  if (!existsSync(path)) {
    const what = existsSync(folder) ? `there is no ${RECORD_FILE} in it` : 'there is no such folder';
    throw new ProspectError('CONFIG_INVALID', `${folder} is not a run’s output folder: ${what}`);
  }
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RunRecord;
  } catch (cause) {
    throw new ProspectError('DATA_INVALID', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function recordedStatus(columns: Columns, events: readonly RunEvent[]): ShownStatus {
  const state = events.map(({ kind }) => ENDS[kind]).findLast((end) => end !== undefined) ?? 'unfinished';
  const snapshots = events.filter((event) => event.kind === 'snapshotWritten');
  return {
    state,
    step: columns.last(),
    stage: undefined,
    secondsPerStep: paceOf(columns),
    limits: undefined,
    workers: [],
    snapshotStep: snapshots.at(-1)?.step ?? 0,
    alarms: trainingAlarms(columns),
  };
}

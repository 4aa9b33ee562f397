/** A training run from rows to the saved result. Read from the top: the stages in order. */

import { withResolvers } from '../core/async-queue.js';
import type { RunConfig } from '../core/config/schema.js';
import { workerLimits } from '../core/config/worker-limits.js';
import type { Endpoint } from '../proto/transport/listen.js';
import type { Security } from '../proto/transport/security.js';
import { knownSteps } from './calendar.js';
import { openAddress } from './control/address.js';
import { serveOverNats } from './control/serve-nats.js';
import { openToken, type TokenSources } from './control/token.js';
import { drive, type RunningDriver } from './driver/drive.js';
import type { SavedResult } from './driver/save-result.js';
import type { EventLog } from './events/event-log.js';
import { type OpenedNats, openNats } from './events/open-delivery.js';
import { openEvents, tellStart } from './events/run-events.js';
import { type FeedOptions, type LiveFeed, startFeed } from './feedback/start-feed.js';
import { withSequences } from './feedback/tell-sequences.js';
import type { KeepLease } from './lease/keep-lease.js';
import { takeLease } from './lease/take-lease.js';
import type { StepMetrics } from './metrics/step-metrics.js';
import { leaveFolder, type OpenedRun, openRun, type ResumeOptions, type RunFolder, takeFolder } from './open-run.js';
import { openPublishing } from './publish/open-publishing.js';
import { openRunData } from './run-data.js';
import type { RunLog } from './run-log.js';
import type { ReportOptions, RunReport } from './run-report.js';
import { type OpenedRows, openFileRows, openRows } from './run-rows.js';
import { type RunWatch, watchRun } from './web/watch-run.js';

export interface RunOptions {
  readonly config: RunConfig;
  readonly resume: ResumeOptions;
  readonly endpoint: Endpoint;
  readonly security: Security;
  /** While another coordinator leads, waits until it has gone, with everything loaded. */
  readonly standby: boolean;
  readonly keepLease: KeepLease;
  /** Workers of an earlier coordinator can reach this one. */
  readonly workersMayBeThere: boolean;
  /** Another coordinator is started whenever one ends: workers wait for it when this one is stopped by `signal`. */
  readonly isSupervised: boolean;
  /** Of a run that is a new one. */
  readonly newRunId: string;
  /** Who may give commands, where the environment says so; see control/token.ts. */
  readonly controlToken?: string | undefined;
  /** For token ids and reference log-probs; may be deleted at any time. */
  readonly cacheDir: string;
  readonly log: RunLog;
  /** Stops the run, with a snapshot; its reason is what the run ends with. */
  readonly signal: AbortSignal;
  /** Opens where steps and evaluations are reported to. */
  openReport(run: ReportedRun): Promise<RunReport>;
}

export type ReportedRun = Pick<ReportOptions, 'config' | 'totalSteps' | 'goesOnAfter' | 'events' | 'onRecorded'>;

export interface StartedRun {
  /** host:port that workers connect to. */
  readonly address: string;
  readonly finished: Promise<SavedResult>;
  /** Ends the run, without a snapshot. */
  fail(error: Error): void;
  /** Takes a snapshot now. */
  snapshot(): void;
}

/** With the token that counts. */
type TokenOptions = RunOptions & { readonly controlToken: string | undefined };

/** What is closed when the run is over, last opened first. */
type Closers = (() => Promise<void>)[];

/**
 * Opens folder, rows and port; the rest goes on in `finished`.
 * @returns undefined when it stood by until the run was over.
 */
export async function startRun(options: RunOptions): Promise<StartedRun | undefined> {
  const { config, resume, standby, log } = options;
  const closers: Closers = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const warm = standby ? await openFileRows(options) : undefined;
    closers.push(async () => warm?.close());
    const lease = await takeLease({ ...options, output: config.output, nats: config.nats });
    closers.push(lease.release);
    const folder = await takeFolder(config.output, resume, lease);
    if (!folder) {
      log.info({}, 'the run is over: the coordinator that was waited for has finished it, or was told to stop it');
      await closeAll();
      return undefined;
    }
    closers.push(() => leaveFolder(folder, config.output));
    const address = await openAddress(config.output);
    closers.push(address.close);
    const watch = await watchRun(config, log);
    closers.push(watch.close);
    const nats = config.nats && (await openNats(config.nats, log));
    closers.push(async () => nats?.close());
    const rows = warm ?? (await openRows(options, folder));
    closers.push(() => rows.close());
    const token = await openToken(tokenSources(options));
    closers.push(token.close);
    const withToken = { ...options, controlToken: token.token };
    const driver = await startDriver(withToken, folder, rows, { nats, watch }, closers);
    await address.publish(driver.address);
    void lease.lost.then(driver.fail);
    const { start } = workerLimits(config);
    log.info({ address: driver.address, workers: start }, 'waiting for workers');
    return { ...driver, finished: driver.finished.finally(closeAll) };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function tokenSources({ config, controlToken, endpoint }: RunOptions): TokenSources {
  const { output, control } = config;
  return { given: controlToken, tokenFile: control.tokenFile, output, host: endpoint.host };
}

/** Who is told what happens, beside the log. */
interface Listeners {
  readonly nats: OpenedNats | undefined;
  readonly watch: RunWatch;
}

async function startDriver(
  options: TokenOptions,
  folder: RunFolder,
  rows: OpenedRows,
  { nats, watch }: Listeners,
  closers: Closers,
): Promise<RunningDriver> {
  const { log, resume, newRunId } = options;
  const { config, calendar } = rows;
  const datasetDigest = rows.train.digest;
  const opened = await openRun({ folder, config, datasetDigest, allow: resume.allow, newRunId, log });
  closers.push(() => opened.journal.close());
  const committed = opened.journal.summary.lastCommitted?.step ?? 0;
  const trouble = withResolvers<Error>();
  const setAside = new Map(opened.journal.summary.setAside.map(({ row, step }) => [row, step]));
  const eventLog = await openEvents(opened, config, trouble.resolve);
  const events = watch.listenTo(tellingRows(eventLog, rows, setAside));
  closers.push(() => events.close());
  const recorded = new Map<number, StepMetrics>();
  const report = await options.openReport({
    config,
    totalSteps: calendar.totalSteps,
    goesOnAfter: opened.isResumed ? committed : undefined,
    events,
    onRecorded: (metrics) => {
      recorded.set(metrics.step, metrics);
      watch.recorded(metrics);
    },
  });
  closers.push(() => report.close());
  tellStart(events, { opened, folder, recorded, config, datasetDigest, totalSteps: knownSteps(calendar.totalSteps) });
  const delivery = nats?.deliver(events);
  closers.push(async () => delivery?.close());
  const data = await openRunData({ config, calendar, dataset: rows, opened, recorded, setAside, log });
  closers.push(() => data.referenceLog.close());
  const live = await openFeed(rows, { opened, events, log, onError: trouble.resolve });
  closers.push(async () => live?.close());
  log.info({ epoch: folder.claim.epoch, runId: opened.runId }, 'leading');
  const publishing = await openPublishing({ config, run: opened.runId, events, fence: opened.fence, log });
  closers.push(() => publishing.close());
  if (opened.isResumed) log.info({ runId: opened.runId, step: committed }, 'the run goes on');
  const workersBefore = options.workersMayBeThere ? lastWorkers(recorded, options.config) : undefined;
  const parts = {
    config,
    calendar,
    dataset: rows,
    opened,
    report,
    events,
    data,
    live,
    publication: publishing.publication,
    workersBefore,
  };
  const driver = await drive({ ...options, ...parts });
  watch.started({
    runId: opened.runId,
    config,
    totalSteps: knownSteps(calendar.totalSteps),
    state: driver.state,
    rowsAwaited: () => live?.status().idle?.message,
    control: driver.control,
    controlToken: options.controlToken,
    eventsWaiting: delivery?.waiting,
  });
  void trouble.promise.then(driver.fail);
  if (config.nats) {
    const { runId } = opened;
    closers.push(serveOverNats({ nats: config.nats, runId, control: driver.control, log }).close);
  }
  return driver;
}

/** Where rows are live, steps say which they were trained on. */
function tellingRows(events: EventLog, { live }: OpenedRows, setAside: ReadonlyMap<number, number>): EventLog {
  if (!live) return events;
  return { ...events, tell: (event) => events.tell(withSequences(event, live.rows, setAside)) };
}

async function openFeed(
  { live, config }: OpenedRows,
  { opened, ...parts }: Pick<FeedOptions, 'events' | 'log' | 'onError'> & { readonly opened: OpenedRun },
): Promise<LiveFeed | undefined> {
  if (!live) return undefined;
  const { runId, journal } = opened;
  return startFeed({ ...parts, config, opened: live, runId, journal, now: () => performance.now() });
}

/** Workers that took part in the last step that metrics tell of; a crash can have kept it from the disk. */
function lastWorkers(recorded: ReadonlyMap<number, StepMetrics>, config: RunConfig): number {
  return [...recorded.values()].at(-1)?.workers ?? workerLimits(config).start;
}

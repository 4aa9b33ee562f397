/** A run with everything opened: machine, workers and server are joined here, until the run has ended. */
import { workerLimits } from '../../core/config/worker-limits.js';
import { ProspectError, toProspectError } from '../../core/errors.js';
import type { Endpoint } from '../../proto/transport/listen.js';
import type { Security } from '../../proto/transport/security.js';
import type { FirstWorker } from '../admission.js';
import { type Calendar, knownSteps } from '../calendar.js';
import { commandMethod } from '../control/command-method.js';
import { type Control, createControl } from '../control/control.js';
import { statusMethod } from '../control/status-method.js';
import type { RunEvents } from '../events/event-log.js';
import type { LiveFeed } from '../feedback/start-feed.js';
import type { Command } from '../machine/command.js';
import { initialState } from '../machine/initial-state.js';
import type { State } from '../machine/types.js';
import { journalOf, settingsOf } from '../machine-start.js';
import type { OpenedRun } from '../open-run.js';
import { saveRunRecord } from '../output/save-run-record.js';
import type { Publication } from '../publish/publication.js';
import type { ResolvedRun } from '../resolve-run.js';
import type { RunData } from '../run-data.js';
import type { RunLog } from '../run-log.js';
import type { RunReport } from '../run-report.js';
import type { RunRows } from '../run-rows.js';
import { startServer } from '../server.js';
import { createSessionService } from '../session.js';
import { createStopwatch } from '../stopwatch.js';
import { writeCommon } from './cached-references.js';
import type { DriverContext } from './context.js';
import { createDriver, type Driver } from './driver.js';
import { endedBy, lastWord, tellingEnd } from './endings.js';
import { createFailure, type Failure } from './failure.js';
import { createGathering, type Gathering } from './gathering.js';
import { createLinks } from './links.js';
import { createMembers, type Members } from './members.js';
import { tellSteering } from './news.js';
import type { SavedResult } from './save-result.js';
import { createScorer } from './scorer.js';
import { createStateService } from './state-service.js';

export interface DriveOptions {
  readonly config: ResolvedRun;
  readonly calendar: Calendar;
  readonly dataset: RunRows;
  /** Where rows come while the run goes on. */
  readonly live: LiveFeed | undefined;
  /** Where the adapter is published on the way. */
  readonly publication: Publication | undefined;
  readonly opened: OpenedRun;
  readonly data: RunData;
  readonly report: RunReport;
  readonly events: RunEvents;
  readonly endpoint: Endpoint;
  readonly security: Security;
  /** Workers of an earlier coordinator that can reach this one: they are waited for before a snapshot is gone back to. */
  readonly workersBefore: number | undefined;
  readonly cacheDir: string;
  /** undefined: nobody may give commands. */
  readonly controlToken: string | undefined;
  readonly log: RunLog;
  /** Another coordinator is started whenever one ends: workers wait for it when this one is stopped by `signal`. */
  readonly isSupervised: boolean;
  /** Stops the run, with a snapshot; its reason is what the run ends with. */
  readonly signal: AbortSignal;
}

export interface RunningDriver {
  readonly address: string;
  readonly control: Control;
  readonly finished: Promise<SavedResult>;
  fail(error: Error): void;
  snapshot(): void;
  /** What the machine is at. */
  state(): State;
}

/** @throws ADDRESS_IN_USE */
export async function drive(options: DriveOptions): Promise<RunningDriver> {
  const { endpoint, isSupervised, signal } = options;
  const failure = createFailure();
  const over = new AbortController();
  const parts = assemble(options, failure.fail, over.signal);
  const { driver, members } = parts;
  const current = (): Members => {
    if (over.signal.aborted) throw new ProspectError(isSupervised ? 'UNREACHABLE' : 'PROTOCOL', 'the run is over');
    return members;
  };
  const sessions = createSessionService(current);
  const control = controlOf(options, driver);
  const services = {
    sessions,
    state: createStateService(driver.restored),
    control: [statusMethod(control), commandMethod(control)],
  };
  const server = await startServer(endpoint, services, options.security);
  // What it comes to is in the log.
  const command = (wanted: Command) => void driver.command(wanted).catch(() => undefined);
  const stop = () =>
    command({
      command: 'stop',
      reason: toProspectError(signal.reason).message,
      snapshot: true,
      ...(isSupervised && { workersWait: true }),
    });
  signal.addEventListener('abort', stop);
  driver.loop.post({ kind: 'tick' });
  if (signal.aborted) stop();
  const finished = tellingEnd(untilEnd(options, parts, failure), options.events, driver.loop.state).finally(
    async () => {
      signal.removeEventListener('abort', stop);
      over.abort();
      await closeAll(parts, failure.error());
      await server.close();
    },
  );
  const snapshot = () => command({ command: 'snapshot' });
  const { state } = driver.loop;
  return { address: server.address, control, finished, fail: failure.fail, snapshot, state };
}

function controlOf({ opened, dataset: { heldOut }, live, controlToken }: DriveOptions, driver: Driver): Control {
  return createControl({
    runId: opened.runId,
    token: controlToken,
    heldOutRows: () => (heldOut.asOf?.(driver.loop.state().committed.step) ?? heldOut).size,
    state: driver.loop.state,
    rowsAwaited: () => live?.status().idle?.message,
    give: driver.command,
  });
}

async function untilEnd({ report, signal }: DriveOptions, { driver, context }: Assembled, failure: Failure) {
  const end = await Promise.race([driver.ended, failure.happened]);
  // A snapshot that is still being written is told before the end; a failure waits for nothing, or the run would go on.
  await driver.snapshotEnded();
  await driver.reported();
  await writeCommon(context);
  if (!('folder' in end)) throw endedBy(end, driver.loop.state(), signal, context);
  await report.finish(end);
  return end;
}

async function closeAll({ driver, gathering, context }: Assembled, error: ProspectError | undefined): Promise<void> {
  driver.loop.close();
  gathering.close();
  await driver.snapshotEnded();
  await driver.reported().catch(() => undefined);
  context.links.closeAll(error && lastWord(error));
}

interface Assembled {
  readonly context: DriverContext;
  readonly driver: Driver;
  readonly members: Members;
  readonly gathering: Gathering;
}

function assemble(options: DriveOptions, fail: (error: unknown) => void, over: AbortSignal): Assembled {
  const { config, calendar, dataset, opened, data, workersBefore, log } = options;
  const { runId, journal, fence, isResumed, allowed } = opened;
  const now = () => performance.now();
  let first: FirstWorker | undefined = opened.first;
  const links = createLinks();
  const scorer = createScorer(links);
  const stopwatch = createStopwatch(now);
  const context: DriverContext = {
    ...options,
    runId,
    fence,
    train: dataset.train,
    heldOut: dataset.heldOut,
    references: data.references,
    common: data.common,
    links,
    loop: () => driver.loop,
    first: () => first,
    fail,
    now,
    over,
  };
  const isOtherRun = allowed.length > 0;
  const known = journalOf(journal.records, allowed, (step) => data.ledger.commit(step) !== undefined);
  tellSteering(known, log);
  const initial = initialState(
    settingsOf(config, calendar.totalSteps, known.step > 0 ? workersBefore : undefined),
    known,
    now(),
  );
  const driver: Driver = createDriver(context, { ...data, journal, scorer, stopwatch, isOtherRun }, initial);
  // Later coordinators find workers that have begun already.
  const gathering = createGathering(isResumed ? 0 : workerLimits(config).start);
  const members = createMembers({
    context,
    rules: { engineMismatch: config.engineMismatch, allowed, log },
    scorer,
    gathering,
    stepAtWork: driver.stepAtWork,
    onFirst: (worker) => {
      first = worker;
      recordRun(worker, context).catch(fail);
    },
  });
  return { context, driver, members, gathering };
}

function recordRun(
  { workerId, loaded }: FirstWorker,
  { runId, config, train, calendar }: DriverContext,
): Promise<void> {
  const { engine, modelDigest, parameters, parameterDigest: initialParameterDigest } = loaded;
  const totalSteps = knownSteps(calendar.totalSteps);
  const datasetDigest = train.digest;
  const made = { engine, modelDigest, parameters, datasetDigest, initialParameterDigest, totalSteps };
  return saveRunRecord({ runId, config, firstWorker: workerId, ...made });
}

/**
 * The coordinator's listener for those who watch and operate a run. It is there before rows are read and until the run
 * is over; the run tells it what happens as it tells its event log, and never waits for it.
 */
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { parseAddress } from '../../core/config/address.js';
import type { RunConfig } from '../../core/config/schema.js';
import { COORDINATOR_METRICS } from '../../core/metrics/coordinator-metrics.js';
import { operationRoutes } from '../../proto/http/operation-routes.js';
import { createRegistry, registerMetrics } from '../../proto/http/register-metrics.js';
import { serveHttp } from '../../proto/http/serve.js';
import type { Control } from '../control/control.js';
import type { EventLog } from '../events/event-log.js';
import type { StepMetrics } from '../metrics/step-metrics.js';
import { observeRun, type RunObserver } from '../prometheus/observe-run.js';
import { showDisk, showPhase, showState } from '../prometheus/refresh.js';
import type { RunMetrics } from '../prometheus/run-metrics.js';
import { showLastSnapshot } from '../prometheus/snapshot-facts.js';
import type { RunLog } from '../run-log.js';
import { SNAPSHOTS_FOLDER } from '../snapshots/survey.js';
import { createLivePage } from './live-page.js';
import type { LiveFacts } from './live-run.js';

export interface RunWatch {
  /** The same log: what is told to it is heard here too. */
  listenTo(events: EventLog): EventLog;
  /** A step that an earlier coordinator made. */
  recorded(metrics: StepMetrics): void;
  /** Workers can join from now on. */
  started(sources: StartedSources): void;
  close(): Promise<void>;
}

export interface StartedSources extends LiveFacts {
  readonly control: Control;
  readonly controlToken: string | undefined;
  /** Events that NATS has not acknowledged; undefined without NATS. */
  readonly eventsWaiting: (() => number) | undefined;
}

/** Nobody wants to know. */
const UNWATCHED: RunWatch = {
  listenTo: (events) => events,
  recorded: () => undefined,
  started: () => undefined,
  close: () => Promise.resolve(),
};

/** @throws ADDRESS_IN_USE */
export async function watchRun(config: RunConfig, log: RunLog): Promise<RunWatch> {
  const endpoint = config.metrics && parseAddress(config.metrics.listen);
  if (!endpoint) return UNWATCHED;
  const { runPhase, ...others } = COORDINATOR_METRICS;
  const [processRegistry, runRegistry] = [createRegistry(), new Registry()];
  const metrics = { ...registerMetrics({ runPhase }, processRegistry), ...registerMetrics(others, runRegistry) };
  const observer = observeRun(metrics, Date.now);
  const readings = readingsOf(config, metrics, observer);
  const registries = () => (observer.isComplete() ? [processRegistry, runRegistry] : [processRegistry]);
  const onError = (error: Error) => log.warn({ reason: error.message }, 'a request could not be answered');
  const page = createLivePage(endpoint.host, onError);
  const routes = [...operationRoutes({ registries, ...readings }), ...page.routes];
  const server = await serveHttp(endpoint, routes, { onError });
  log.info(
    { address: server.address },
    `page at http://${server.address}/, metrics at http://${server.address}/metrics`,
  );
  return {
    listenTo: (events) => page.listenTo(observer.listenTo(events)),
    recorded(metrics) {
      observer.recorded(metrics);
      page.recorded(metrics);
    },
    started(sources) {
      showSchedule(config, metrics);
      showLastSnapshot(join(config.output, SNAPSHOTS_FOLDER), metrics, Date.now()).catch(onError);
      readings.started(sources);
      page.started(sources);
    },
    async close() {
      await page.close();
      await server.close();
    },
  };
}

function readingsOf({ output }: RunConfig, metrics: RunMetrics, observer: RunObserver) {
  let sources: StartedSources | undefined;
  let committed = 0;
  let committedAtMs = 0;
  return {
    started(now: StartedSources) {
      sources = now;
    },
    async refresh() {
      await showDisk(output, metrics);
      // Nothing is awaited from here on: all that is shown is of one moment.
      const state = sources?.state();
      showPhase(state, metrics);
      observer.refresh();
      if (state) {
        // Steps that are made again are not told, but seen here.
        if (state.committed.step !== committed) committedAtMs = Date.now();
        committed = state.committed.step;
        const unixMs = (atMs: number) => performance.timeOrigin + atMs;
        showState(state, metrics, Math.max(observer.lastProgressMs(), committedAtMs), unixMs);
      }
      if (sources?.eventsWaiting) metrics.eventsWaiting.set(sources.eventsWaiting());
    },
    notReady() {
      if (!sources) return 'the run is being opened';
      return sources.state().phase.name === 'ended' ? 'the run is over' : undefined;
    },
  };
}

function showSchedule({ snapshots }: RunConfig, metrics: RunMetrics): void {
  const { everySteps, everyMinutes } = snapshots;
  if (everySteps !== undefined) metrics.snapshotEverySteps.set(everySteps);
  if (everyMinutes !== undefined) metrics.snapshotEverySeconds.set(everyMinutes * 60);
}

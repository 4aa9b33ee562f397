/**
 * Worker processes on this machine, for `train`: the same command line, one process a worker. One that dies is started
 * again, and heals from the others.
 */
import type { RunLog } from '../coordinator/run-log.js';
import type { Address } from '../core/config/address.js';
import { type EndedWorker, type LocalWorker, startLocalWorker } from './local-worker.js';
import { delayMs, isHopeless, MOST_RESTARTS, STEADY_MS } from './restarts.js';

/** The coordinator has told its workers that the run is over; what they get before they are asked, and before they are killed. */
const LEAVE_MS = 2000;
const GRACE_MS = 5000;

export interface LocalWorkersOptions {
  /** One a worker: what its process's environment has beside this one's. */
  readonly environments: readonly Readonly<Record<string, string>>[];
  /** host:port of the coordinator. */
  readonly coordinator: string;
  /** Of the coordinator; workers take the ports behind it. Undefined: nobody serves any. */
  readonly metrics: Address | undefined;
  readonly logLevel: string;
  readonly log: RunLog;
  readonly writeLog: (text: string) => void;
  /** No worker is left and none is started again; told what the last one ended with. */
  readonly onAllLost: (error: Error) => void;
}

export interface LocalWorkers {
  /** Waits until all have ended, and sees to it that they do. */
  stop(): Promise<void>;
}

/** One worker through all of its processes. */
interface Place {
  readonly id: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly metrics: Address | undefined;
  process: LocalWorker | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Restarts since it last ran for a while. */
  restarts: number;
}

export function startLocalWorkers(options: LocalWorkersOptions): LocalWorkers {
  const places = options.environments.map((environment, i): Place => {
    return {
      id: `worker-${i}`,
      environment,
      metrics: behind(options.metrics, i + 1),
      process: undefined,
      timer: undefined,
      restarts: 0,
    };
  });
  let isStopping = false;

  const start = (place: Place) => {
    place.timer = undefined;
    const worker = startLocalWorker(place.id, { ...options, ...place });
    place.process = worker;
    void worker.ended.then((end) => {
      place.process = undefined;
      if (!isStopping) restart(place, end);
    });
  };
  const restart = (place: Place, { how, error, report, code, livedMs }: EndedWorker) => {
    const { id } = place;
    if (livedMs >= STEADY_MS) place.restarts = 0;
    const isLost = isHopeless(code) || place.restarts >= MOST_RESTARTS;
    if (code === 0) options.log.debug({ worker: id }, `${id} has left`);
    else if (isLost) options.log.warn({ worker: id, report }, `${id} ended (${how}) and is not started again`);
    else {
      const waitMs = delayMs(place.restarts++);
      const times = `${place.restarts} of at most ${MOST_RESTARTS} times in a row`;
      options.log.warn({ worker: id, report, waitMs }, `${id} ended (${how}); it is started again (${times})`);
      place.timer = setTimeout(() => start(place), waitMs);
      return;
    }
    if (places.every((other) => !other.process && !other.timer)) options.onAllLost(error);
  };
  const signalAll = (name: NodeJS.Signals) => {
    for (const place of places) place.process?.kill(name);
  };
  const killAll = () => signalAll('SIGKILL');

  process.once('exit', killAll);
  for (const place of places) start(place);
  return {
    async stop() {
      isStopping = true;
      for (const { timer } of places) clearTimeout(timer);
      const timers = [setTimeout(() => signalAll('SIGTERM'), LEAVE_MS), setTimeout(killAll, GRACE_MS)];
      await Promise.all(places.map((place) => place.process?.ended));
      for (const timer of timers) clearTimeout(timer);
      process.off('exit', killAll);
    },
  };
}

/** Port 0 is any free one for everybody. */
function behind(address: Address | undefined, places: number): Address | undefined {
  return address && { ...address, port: address.port === 0 ? 0 : address.port + places };
}

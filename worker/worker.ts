/** A worker's life: open its port, reach the coordinator, take part in the run through thick and thin, leave. */
import type { RunConfig } from '../core/config/schema.js';
import { ProspectError, toProspectError } from '../core/errors.js';
import type { Endpoint } from '../proto/transport/listen.js';
import type { Security } from '../proto/transport/security.js';
import { stopComputing, wake } from './agenda.js';
import type { Compute } from './compute/compute.js';
import { type Connection, connectCoordinator } from './connect.js';
import { newIncarnation } from './load-model.js';
import { watchLag } from './main-thread-lag.js';
import { keepSession, type Link } from './sessions.js';
import type { TensorThread } from './tensors/start.js';
import { createTensors } from './tensors/tensors.js';
import { type WorkerWatch, watchWorker } from './watch-worker.js';
import { workAlways } from './work-loop.js';
import { createWorkerState, type WorkerState } from './worker-state.js';

export interface WorkerOptions {
  readonly workerId: string;
  /** host:port of each coordinator that may lead. */
  readonly coordinators: readonly string[];
  /** Address of this machine that the other workers reach. */
  readonly host: string;
  readonly security: Security;
  /** For the first connection; later the run's workers.waitSeconds holds. */
  readonly connectDeadlineMs: number;
  /** Settings of this machine that replace the run's, such as where the model lies. */
  readonly override: Partial<RunConfig>;
  /** Starts the compute thread with the environment that the run's engine needs. */
  readonly startCompute: (config: RunConfig) => Compute;
  /** Starts the thread that moves and adds gradients. */
  readonly startTensors: () => TensorThread;
  /** Where it serves its metrics; undefined: nowhere. */
  readonly metrics?: Endpoint;
  /** In [0, 1): spreads the attempts of many workers to reach the coordinator. */
  readonly random: () => number;
  readonly log: WorkerLog;
  /** Aborted: the worker hands back what it has and leaves. */
  readonly signal: AbortSignal;
}

export interface WorkerLog {
  warn(details: object, message: string): void;
  info(details: object, message: string): void;
  debug(details: object, message: string): void;
}

/** For the coordinator to end the session of a worker that failed. */
const FAREWELL_MS = 2000;

/**
 * Resolves when the run is over for this worker, or it was told to leave and has left.
 * @throws UNREACHABLE, INTERRUPTED before the first connection, the coordinator's refusal, or what this worker cannot
 * go on from.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const tensors = createTensors(options.startTensors(), () => worker.loaded?.donor);
  const worker = createWorkerState(newIncarnation(), tensors);
  const ending = new AbortController();
  let watch: WorkerWatch | undefined;
  try {
    watch = await watchWorker(worker, options);
    const peerAddress = await tensors.serve(options.host, options.security);
    const connection = await connect(options);
    options.log.debug({ coordinator: connection.address, peerAddress }, 'connected');
    await live({ connection, peerAddress }, worker, { ...options, onJobDone: watch.jobDone }, ending);
  } finally {
    ending.abort();
    await tensors.close();
    await worker.compute?.close();
    await watch?.close();
  }
}

async function connect({ coordinators, security, connectDeadlineMs, signal }: WorkerOptions): Promise<Connection> {
  try {
    return await connectCoordinator({ addresses: coordinators, security }, connectDeadlineMs, signal);
  } catch (cause) {
    if (signal.aborted) throw new ProspectError('INTERRUPTED', 'the worker was told to stop', { cause });
    throw cause;
  }
}

interface LifeOptions extends WorkerOptions {
  readonly onJobDone: WorkerWatch['jobDone'];
}

/** Works and keeps its session until one of both is over. */
async function live(link: Link, worker: WorkerState, options: LifeOptions, ending: AbortController): Promise<void> {
  const leaving = new AbortController();
  let failure: ProspectError | undefined;
  const fail = (thrown: unknown) => {
    if (ending.signal.aborted) return;
    failure = toProspectError(thrown);
    worker.session?.reply({ $case: 'failure', value: { code: failure.code, message: failure.message } });
    leaving.abort();
    if (!worker.session) ending.abort();
    setTimeout(() => ending.abort(), FAREWELL_MS).unref();
  };
  const leave = () => {
    stopComputing(worker);
    worker.session?.reply({ $case: 'leaving', value: {} });
    leaving.abort();
    if (!worker.session?.welcomed) ending.abort();
  };
  options.signal.addEventListener('abort', leave, { once: true });
  if (options.signal.aborted) leave();
  const stopWatching = watchLag();
  workAlways(worker, options, ending.signal, options.onJobDone).catch(fail);
  try {
    const reason = await keepSession(link, worker, options, { leaving: leaving.signal, ending: ending.signal });
    options.log.info({ reason, ...stopWatching() }, 'the run is over for this worker');
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
  } finally {
    stopWatching();
    options.signal.removeEventListener('abort', leave);
    ending.abort();
    wake(worker.agenda);
  }
  if (failure) throw failure;
}

/** A worker's metrics and probes: what its state says when somebody asks, and what its jobs took. */
import { WORKER_METRICS, WORKER_PHASES } from '../core/metrics/worker-metrics.js';
import { VERSION } from '../core/version.js';
import { operationRoutes } from '../proto/http/operation-routes.js';
import { createRegistry, type Metrics, registerMetrics } from '../proto/http/register-metrics.js';
import { serveHttp } from '../proto/http/serve.js';
import type { WorkerOptions } from './worker.js';
import type { Phase, WorkerState } from './worker-state.js';

export interface WorkerWatch {
  jobDone(phase: Phase, seconds: number): void;
  close(): Promise<void>;
}

/** Nobody wants to know. */
const UNWATCHED: WorkerWatch = { jobDone: () => undefined, close: () => Promise.resolve() };

type WatchOptions = Pick<WorkerOptions, 'metrics' | 'workerId' | 'log'>;

/** @throws ADDRESS_IN_USE */
export async function watchWorker(worker: WorkerState, options: WatchOptions): Promise<WorkerWatch> {
  const { metrics: endpoint, workerId, log } = options;
  if (!endpoint) return UNWATCHED;
  const registry = createRegistry();
  const metrics = registerMetrics(WORKER_METRICS, registry);
  const routes = operationRoutes({
    registries: () => [registry],
    refresh() {
      showWorker(worker, workerId, metrics);
      showTraffic(worker, metrics);
    },
    notReady: () => (worker.session?.welcomed ? undefined : 'no coordinator has taken this worker in'),
  });
  const onError = (error: Error) => log.warn({ reason: error.message }, 'a request could not be answered');
  const { address, close } = await serveHttp(endpoint, routes, { onError });
  log.info({ address }, `metrics at http://${address}/metrics`);
  return { jobDone: (phase, seconds) => metrics.jobSeconds.observe({ phase }, seconds), close };
}

type WorkerMetrics = Metrics<typeof WORKER_METRICS>;

function showWorker(worker: WorkerState, workerId: string, metrics: WorkerMetrics): void {
  const { loaded, session, activity, agenda, generation, compute } = worker;
  metrics.info.reset();
  const { engine } = loaded?.description ?? {};
  const labels = { worker: workerId, run: loaded?.runId ?? '', engine: engine?.engine ?? '', version: VERSION };
  metrics.info.set(labels, 1);
  for (const phase of WORKER_PHASES) metrics.phase.set({ phase }, phase === activity.phase ? 1 : 0);
  metrics.connected.set(session?.welcomed ? 1 : 0);
  metrics.generation.set(generation);
  if (loaded) metrics.appliedStep.set(loaded.parameters.applied().step);
  const { mismatched, leaves } = loaded?.work?.plan ?? { mismatched: [], leaves: [] };
  metrics.waitingJobs.set(mismatched.length + leaves.length + agenda.decided.length + agenda.scoring.size);
  const { bytes, tensors } = compute?.memory() ?? { bytes: 0, tensors: 0 };
  metrics.engineBytes.set(bytes);
  metrics.engineTensors.set(tensors);
}

/** They are counted elsewhere: here they become what they are at. */
function showTraffic({ tensors }: WorkerState, metrics: WorkerMetrics): void {
  const { receivedBytes, sentBytes, reductions, reduceMicroseconds, damagedPieces } = tensors.traffic();
  const { reduceBytes, reduceSeconds } = metrics;
  for (const counter of [reduceBytes, reduceSeconds, metrics.reductions, metrics.damagedPieces]) counter.reset();
  reduceBytes.inc({ direction: 'received' }, receivedBytes);
  reduceBytes.inc({ direction: 'sent' }, sentBytes);
  reduceSeconds.inc(reduceMicroseconds / 1_000_000);
  metrics.reductions.inc(reductions);
  metrics.damagedPieces.inc(damagedPieces);
}

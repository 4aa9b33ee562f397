/** What a worker tells Prometheus: what it is at, what it moves and what it holds. */
import { counter, gauge, histogram } from './definition.js';

/** A microbatch of a toy model takes a millisecond, healing a large one minutes. */
const JOB_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250];

/** As in heartbeats. */
export const WORKER_PHASES = [
  'idle',
  'loading',
  'healing',
  'observing',
  'applying',
  'mismatched',
  'gradients',
  'reducing',
  'scoring',
] as const;

export const WORKER_METRICS = {
  info: gauge('prospect_worker_info', 'Always 1; its labels say what this worker is.', {
    worker: 'id of the worker',
    run: 'id of the run, empty before it has joined',
    engine: 'tensor engine, empty before it is loaded',
    version: 'of Prospect',
  }),
  phase: gauge('prospect_worker_phase', '1 for what the worker is at, 0 for the rest.', { phase: WORKER_PHASES }),
  connected: gauge('prospect_worker_connected', '1 while the coordinator has taken it in.'),
  generation: gauge('prospect_worker_generation', 'Number of the newest set of workers that it heard of.'),
  appliedStep: gauge('prospect_worker_applied_step', 'Steps in its parameters.'),
  waitingJobs: gauge(
    'prospect_worker_waiting_jobs',
    'Microbatches and committed steps that it was given and has not done.',
  ),
  jobSeconds: histogram('prospect_worker_job_duration_seconds', 'Jobs that it did, by phase.', JOB_SECONDS, {
    phase: WORKER_PHASES.filter((phase) => phase !== 'idle'),
  }),
  reductions: counter('prospect_worker_all_reduces_total', 'Reductions of gradients that it finished.'),
  reduceSeconds: counter(
    'prospect_worker_all_reduce_seconds_total',
    'Time in them. Bytes over it are the throughput, waiting for others included.',
  ),
  reduceBytes: counter(
    'prospect_worker_all_reduce_bytes_total',
    'Gradient bytes that it exchanged with other workers.',
    {
      direction: ['received', 'sent'],
    },
  ),
  damagedPieces: counter('prospect_worker_damaged_pieces_total', 'Pieces that arrived damaged and were pulled again.'),
  engineBytes: gauge('prospect_worker_engine_memory_bytes', 'Tensors that the engine holds, after its last job.'),
  engineTensors: gauge('prospect_worker_engine_tensors', 'Number of those tensors.'),
};

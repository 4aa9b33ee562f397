/** Who may take part in a run: checks of a worker that joins, and of one that has loaded its model. */
import { ProspectError } from '../core/errors.js';
import { VERSION } from '../core/version.js';
import type { Join, Ready } from '../proto/gen/prospect/v1/coordinator.js';
import { type LoadedWorker, readyDifferences } from './ready-check.js';
import type { RunLog } from './run-log.js';
import { nameOf, type WorkerLink } from './worker-link.js';

/** @throws WORKER_MISMATCH for another version. */
export function checkVersion({ workerId, version }: Join): void {
  if (version === VERSION) return;
  const difference = `worker ${workerId} differs: version: ${version} instead of ${VERSION}.`;
  throw new ProspectError('WORKER_MISMATCH', `${difference} Install the same version everywhere.`);
}

/** @throws PROTOCOL when it does not say on what engine it runs. */
export function loadedWorker(
  link: WorkerLink,
  { engine, modelDigest, parameterDigest, parameters }: Ready,
): LoadedWorker {
  if (!engine) throw new ProspectError('PROTOCOL', `${nameOf(link)} is ready without an engine`);
  return { engine, modelDigest, parameterDigest, parameters };
}

/** The worker that others are compared with: the first of the run, also when the coordinator has started again since. */
export interface FirstWorker {
  readonly workerId: string;
  readonly loaded: LoadedWorker;
}

export interface AdmissionRules {
  readonly engineMismatch: 'refuse' | 'warn';
  /** Names given to --allow. */
  readonly allowed: readonly string[];
  readonly log: RunLog;
}

/**
 * Compares with the run's first worker.
 * @throws WORKER_MISMATCH that names the fields that differ; with engineMismatch: warn the engine's only warn.
 */
export function checkReady(
  first: FirstWorker,
  { workerId, loaded }: FirstWorker,
  { engineMismatch, allowed, log }: AdmissionRules,
): void {
  const { engine, model } = readyDifferences(first.loaded, loaded);
  const refused = engineMismatch === 'refuse' && !allowed.includes('engine') ? [...engine, ...model] : model;
  if (refused.length > 0) {
    const message = `worker ${workerId} differs from ${first.workerId}: ${refused.join('; ')}.`;
    const remedy =
      model.length > 0
        ? 'Give all workers the same model files.'
        : 'Run all workers on the same engine and hardware, or set engineMismatch: warn and lose equal bits.';
    throw new ProspectError('WORKER_MISMATCH', `${message} ${remedy}`);
  }
  if (engine.length === 0) return;
  log.warn({ worker: workerId, differs: engine }, 'this worker differs: bits will depend on who computes what');
}

/** Who may take part in a run: checks of a worker that joins, and of one that has loaded its model. */
import { ProspectError } from '../core/errors.js';
import { VERSION } from '../core/version.js';
import type { Join, Ready } from '../proto/gen/prospect/v1/coordinator.js';
import { type LoadedWorker, readyDifferences } from './ready-check.js';
import type { RunLog } from './run-log.js';
import { nameOf, type WorkerLink } from './worker-link.js';

/**
 * @param links workers that take part already.
 * @param workers how many the run wants.
 * @throws WORKER_MISMATCH for another version, PROTOCOL for a name that is taken or a worker too many.
 */
export function checkJoin({ workerId, version }: Join, links: readonly WorkerLink[], workers: number): void {
  if (version !== VERSION) {
    const difference = `worker ${workerId} differs: version: ${version} instead of ${VERSION}.`;
    throw new ProspectError('WORKER_MISMATCH', `${difference} Install the same version everywhere.`);
  }
  if (links.some((link) => link.workerId === workerId)) {
    throw new ProspectError('PROTOCOL', `a worker named ${workerId} takes part already; give each worker its own --id`);
  }
  if (links.length >= workers) {
    throw new ProspectError('PROTOCOL', `the run has its ${workers} workers already; set workers higher to use more`);
  }
}

/** @throws PROTOCOL when it does not say on what engine it runs. */
export function loadedWorker(link: WorkerLink, { engine, ...loaded }: Ready): LoadedWorker {
  if (!engine) throw new ProspectError('PROTOCOL', `${nameOf(link)} is ready without an engine`);
  return { engine, ...loaded };
}

/**
 * Compares with the first worker that got ready.
 * @throws WORKER_MISMATCH that names the fields that differ; with engineMismatch: warn the engine's only warn.
 */
export function checkReady(
  [firstLink, expected]: readonly [WorkerLink, LoadedWorker],
  [link, actual]: readonly [WorkerLink, LoadedWorker],
  { engineMismatch, log }: { readonly engineMismatch: 'refuse' | 'warn'; readonly log: RunLog },
): void {
  const { engine, model } = readyDifferences(expected, actual);
  const refused = engineMismatch === 'refuse' ? [...engine, ...model] : model;
  if (refused.length > 0) {
    const message = `worker ${link.workerId} differs from ${firstLink.workerId}: ${refused.join('; ')}.`;
    const remedy =
      model.length > 0
        ? 'Give all workers the same model files.'
        : 'Run all workers on the same engine and hardware, or set engineMismatch: warn and lose equal bits.';
    throw new ProspectError('WORKER_MISMATCH', `${message} ${remedy}`);
  }
  if (engine.length === 0) return;
  log.warn({ worker: link.workerId, differs: engine }, 'this worker differs: bits will depend on who computes what');
}

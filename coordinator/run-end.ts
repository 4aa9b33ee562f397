/** How the end of a run is told: the errors that workers cause, and what all of them hear. */
import { ERROR_TABLE, type ErrorCode, ProspectError } from '../core/errors.js';
import type { Failure } from '../proto/gen/prospect/v1/coordinator.js';
import { nameOf, type WorkerLink } from './worker-link.js';

/** What workers hear of the error that ended the run. */
export function runEnded(error: ProspectError): ProspectError {
  return new ProspectError(error.code, `the coordinator ended the run: ${error.message}`, { cause: error });
}

/** A worker's own report of what it cannot do. */
export function failureOf(link: WorkerLink, { code, message }: Failure): ProspectError {
  const known = code in ERROR_TABLE ? (code as ErrorCode) : 'INTERNAL';
  return new ProspectError(known, `worker ${nameOf(link)}: ${message}`);
}

export function sentTwice(link: WorkerLink, message: string): ProspectError {
  return new ProspectError('PROTOCOL', `worker ${nameOf(link)} sent ${message} twice`);
}

/** @param phase what the run was doing. */
export function workerLost(link: WorkerLink, phase: string): ProspectError {
  return new ProspectError(
    'WORKER_LOST',
    `worker ${nameOf(link)} was lost in ${phase}: its connection broke. Look at that worker's log and machine ` +
      '(memory is the usual reason), then start the run again.',
  );
}

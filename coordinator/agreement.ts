/** The check before a commit: all workers must hold the same reduced gradient, to the bit. */
import { ProspectError } from '../core/errors.js';
import type { ReducedReport } from '../proto/gen/prospect/v1/coordinator.js';
import { nameOf, type WorkerLink } from './worker-link.js';

/**
 * @param reports in the order of the links.
 * @returns the norm of the whole gradient, before clipping.
 * @throws WORKER_MISMATCH naming the workers that differ; NON_FINITE when the gradient is not a number.
 */
export function agreedGradient(
  reports: readonly ReducedReport[],
  links: readonly Pick<WorkerLink, 'workerId' | 'peerAddress'>[],
  step: number,
): number {
  const first = reports[0]!;
  const different = links.filter((_, i) => {
    const report = reports[i]!;
    return report.digest !== first.digest || !Object.is(report.norm, first.norm);
  });
  if (different.length > 0) {
    const names = different.map((link) => nameOf(link)).join(', ');
    const message = `the reduced gradient of step ${step} differs on ${names} from that on ${links[0]!.workerId}`;
    throw new ProspectError('WORKER_MISMATCH', `${message}. Look for failing memory or different hardware there.`);
  }
  if (Number.isFinite(first.norm)) return first.norm;
  const remedy = 'Lower training.learningRate, or look for rows that are out of the ordinary.';
  throw new ProspectError('NON_FINITE', `the gradient of step ${step} has the norm ${first.norm}. ${remedy}`);
}

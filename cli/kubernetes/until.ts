/** Waits for what a cluster does in its own time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProspectError } from '../../core/errors.js';

const EVERY_MS = 500;

/** @throws UNREACHABLE when it has not come within `limitMs`. */
export async function until(what: string, limitMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() >= deadlineMs) {
      const seconds = Math.round(limitMs / 1000);
      throw new ProspectError('UNREACHABLE', `${what}: not within ${seconds} s. Look at kubectl get pods,events.`);
    }
    await sleep(EVERY_MS);
  }
}

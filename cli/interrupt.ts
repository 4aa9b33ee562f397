/** Ctrl-C and `kill` end a run in order; a second one ends the process at once, as Node does by default. */
import { ProspectError } from '../core/errors.js';

/** Aborted, with an INTERRUPTED error as reason, at the first SIGINT or SIGTERM. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new ProspectError('INTERRUPTED', `ended by ${name}`)));
  }
  return controller.signal;
}

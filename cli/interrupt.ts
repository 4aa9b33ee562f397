/** Ctrl-C and `kill` end a run in order; a second one ends the process, and what it started, at once. */
import { ERROR_TABLE, ProspectError } from '../core/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Aborted, with an INTERRUPTED error as reason, at the first SIGINT or SIGTERM. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals) => {
    // Not by default as Node does: exit handlers end local workers too.
    if (controller.signal.aborted) process.exit(ERROR_TABLE.INTERRUPTED.exitCode);
    controller.abort(new ProspectError('INTERRUPTED', `ended by ${name}`));
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return controller.signal;
}

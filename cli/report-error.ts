/** How a command ends badly: one readable block on stderr and the exit code of the error's kind. */
import { exitCodeOf, toProspectError } from '../core/errors.js';

/** First line of such a block, for whoever reads another process's stderr. */
export const ERROR_HEADING = /^error \(\w+\): /;

/** @param debug shows where in the code it happened, and what caused it. */
export function reportError(thrown: unknown, { debug }: { debug: boolean }): void {
  const error = toProspectError(thrown);
  process.stderr.write(`\nerror (${error.code}): ${error.message}\n`);
  if (debug) process.stderr.write(`${stackOf(error)}\n`);
  else if (error.code === 'INTERNAL') process.stderr.write('This is a defect in prospect; --debug shows where.\n');
  process.exitCode = exitCodeOf(error);
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

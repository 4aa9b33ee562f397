/** What ends a run beside the machine. The first one counts. */
import { withResolvers } from '../../core/async-queue.js';
import { type ProspectError, toProspectError } from '../../core/errors.js';

export interface Failure {
  readonly happened: Promise<never>;
  error(): ProspectError | undefined;
  fail(error: unknown): void;
}

export function createFailure(): Failure {
  const { promise, reject } = withResolvers<never>();
  promise.catch(() => undefined);
  let first: ProspectError | undefined;
  return {
    happened: promise,
    error: () => first,
    fail(error) {
      first ??= toProspectError(error);
      reject(first);
    },
  };
}

/**
 * A coordinator whose supervisor starts it again whenever it ends, as a StatefulSet does. What is over must then stay
 * over: the process stays, and says that it lives, until it is told to end. Its metrics are gone with the run, so that
 * no alert about progress is raised by one that is finished.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { readJournal } from '../coordinator/journal/read-journal.js';
import { JOURNAL_FOLDER } from '../coordinator/journal/segments.js';
import { summarize } from '../coordinator/journal/summary.js';
import { parseAddress } from '../core/config/address.js';
import type { RunConfig } from '../core/config/schema.js';
import { toProspectError } from '../core/errors.js';
import { operationRoutes } from '../proto/http/operation-routes.js';
import { createRegistry } from '../proto/http/register-metrics.js';
import { serveHttp } from '../proto/http/serve.js';
import { createLogger } from './logger.js';

/** When the supervisor starts it again. */
export type Restarted = 'always' | 'on-failure';

interface SupervisedOptions {
  readonly restarted: Restarted;
  readonly signal: AbortSignal;
}

/** @param host hosts the run until its end. */
export async function hostSupervised(
  config: RunConfig,
  { restarted, signal }: SupervisedOptions,
  host: () => Promise<void>,
): Promise<void> {
  const log = createLogger({ level: config.logLevel });
  const rest = (why: string) => {
    log.info({}, `${why}; nothing is left to do`);
    return restarted === 'always' ? stay(config, signal, log) : undefined;
  };
  const { finished, start } = summarize((await readJournal(join(config.output, JOURNAL_FOLDER))).records);
  if (finished) return rest(`run ${start?.runId} in ${config.output} is finished`);
  try {
    await host();
  } catch (error) {
    // Stopped by command: not for a supervisor to undo. Whoever wants it to go on starts it again.
    if (signal.aborted || toProspectError(error).code !== 'INTERRUPTED') throw error;
    return rest(toProspectError(error).message);
  }
  return rest('the run is finished');
}

/** Until SIGTERM. */
async function stay(config: RunConfig, signal: AbortSignal, log: Logger): Promise<void> {
  const endpoint = config.metrics && parseAddress(config.metrics.listen);
  const registry = createRegistry();
  const routes = operationRoutes({ registries: () => [registry], refresh: () => undefined, notReady: () => undefined });
  const onError = (error: Error) => log.warn({ reason: error.message }, 'a request could not be answered');
  const server = endpoint && (await serveHttp(endpoint, routes, { onError }));
  // Nothing else may be left that keeps the process alive.
  const awake = setInterval(() => undefined, 60_000);
  if (!signal.aborted) await once(signal, 'abort');
  clearInterval(awake);
  await server?.close();
}

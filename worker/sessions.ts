/**
 * The worker's link to the run through everything that happens to the coordinator: a session that breaks is opened
 * again, for as long as the run may wait. What the worker holds stays.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProspectError } from '../core/errors.js';
import { backOffMs } from './back-off.js';
import { type Connection, whoAnswers } from './connect.js';
import { type SessionEnd, takePart } from './session.js';
import type { WorkerOptions } from './worker.js';
import type { WorkerState } from './worker-state.js';

/** The first connection, and where this worker serves. */
export interface Link {
  readonly connection: Connection;
  readonly peerAddress: string;
}

export interface Ends {
  /** No other session is opened. */
  readonly leaving: AbortSignal;
  /** Everything ends at once. */
  readonly ending: AbortSignal;
}

const NOBODY: SessionEnd = { kind: 'broken', error: new Error('no answer'), welcomed: false };

/**
 * Resolves, with the reason, when the coordinator says that it is over for this worker, or has gone while it leaves.
 * @throws the coordinator's error when it refuses this worker, UNREACHABLE when it was gone for too long.
 */
export async function keepSession(
  link: Link,
  worker: WorkerState,
  options: WorkerOptions,
  { leaving, ending }: Ends,
): Promise<string> {
  let connection: Connection | undefined = link.connection;
  let lostAtMs = Date.now();
  const { coordinators } = options;
  for (let attempt = 0; ; attempt++) {
    const end = connection ? await takePartIn(connection, link, worker, options, ending) : NOBODY;
    if (end.kind === 'finished') return end.reason;
    if (leaving.aborted) return end.error.message;
    const because = end.error.message;
    if (end.welcomed) {
      attempt = 0;
      lostAtMs = Date.now();
      options.log.warn({ because }, 'the coordinator is gone; all that is finished is kept until it is back');
    } else options.log.debug({ because, attempt }, 'the coordinator is not back');
    const waitMs = worker.loaded?.waitMs ?? options.connectDeadlineMs;
    if (Date.now() - lostAtMs >= waitMs) throw goneTooLong(coordinators, waitMs, end.error);
    await sleep(backOffMs(attempt, options.random()), undefined, { signal: leaving });
    connection = await whoAnswers({ addresses: coordinators, security: options.security });
  }
}

async function takePartIn(
  { address, channel }: Connection,
  { peerAddress }: Link,
  worker: WorkerState,
  options: WorkerOptions,
  ending: AbortSignal,
): Promise<SessionEnd> {
  worker.coordinator = address;
  try {
    return await takePart(channel, peerAddress, worker, options, ending);
  } finally {
    channel.close();
  }
}

function goneTooLong(coordinators: readonly string[], waitMs: number, cause: Error): ProspectError {
  const message =
    `the coordinator at ${coordinators.join(' or ')} was gone for ${waitMs / 1000} s (workers.waitSeconds): ${cause.message}. ` +
    'Start it again with the same configuration and output folder: it goes on at the same step.';
  return new ProspectError('UNREACHABLE', message, { cause });
}

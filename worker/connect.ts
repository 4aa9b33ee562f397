/** The worker's connection to the coordinator, which may start later than the worker does, and may be gone for a while. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectivityState } from '@grpc/grpc-js';
import { type Channel, createChannel } from 'nice-grpc';
import { ProspectError } from '../core/errors.js';
import { CONTROL_OPTIONS } from '../proto/transport/channel-options.js';
import { channelSecurity, type Security } from '../proto/transport/security.js';

/** Between attempts; a coordinator that comes up is found within it. */
const RECONNECT_MS = 500;

/** A coordinator that does not answer a connection within it is tried again later. */
const ANSWER_MS = 1000;

/** A coordinator whose machine is cut off is noticed after both: no end of the connection arrives then. */
const KEEPALIVE_MS = 1000;
const KEEPALIVE_ANSWER_MS = 2000;

export interface Connection {
  /** host:port. */
  readonly address: string;
  readonly channel: Channel;
}

/** Where coordinators may be. */
export interface CoordinatorTarget {
  /** host:port of each, of which one leads; the others answer nothing. */
  readonly addresses: readonly string[];
  readonly security: Security;
}

/** A connection of its own: what an earlier one learned about the address (that nobody is there) says nothing now. */
function openChannel(address: string, security: Security): Channel {
  return createChannel(address, channelSecurity(security, ['coordinator']), {
    ...CONTROL_OPTIONS,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MS,
  });
}

/**
 * The first connection.
 * @param signal ends the wait, with the same error.
 * @throws UNREACHABLE when nobody answers within the deadline.
 */
export async function connectCoordinator(
  target: CoordinatorTarget,
  withinMs: number,
  signal: AbortSignal,
): Promise<Connection> {
  const deadlineMs = Date.now() + withinMs;
  while (!signal.aborted && Date.now() < deadlineMs) {
    const connection = await whoAnswers(target);
    if (connection) return connection;
    await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
  throw new ProspectError(
    'UNREACHABLE',
    `this worker cannot reach the coordinator at ${target.addresses.join(' or ')}: no answer within ${withinMs / 1000} s. ` +
      'Start the coordinator first (prospect coordinator run.yaml --listen host:port), and check that host and ' +
      'port are right and that no firewall lies between.',
  );
}

/** A connection to the first that answers; undefined when none does soon. */
export async function whoAnswers({ addresses, security }: CoordinatorTarget): Promise<Connection | undefined> {
  const connections = addresses.map((address) => ({ address, channel: openChannel(address, security) }));
  const looks = connections.map(async (connection) => {
    if (await answers(connection.channel)) return connection;
    throw new Error('no answer');
  });
  const first = await Promise.any(looks).catch(() => undefined);
  for (const connection of connections) if (connection !== first) connection.channel.close();
  return first;
}

/** A process that is stopped takes connections and says nothing: it must not be waited for. */
async function answers(channel: Channel): Promise<boolean> {
  const deadlineMs = Date.now() + ANSWER_MS;
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) return true;
    const isOver = state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN;
    if (isOver || Date.now() >= deadlineMs) return false;
    await new Promise<void>((resolve) => channel.watchConnectivityState(state, deadlineMs, () => resolve()));
  }
}

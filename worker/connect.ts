/** The worker's connection to the coordinator, which may start later than the worker does, and may be gone for a while. */
import { type Channel, createChannel, waitForChannelReady } from 'nice-grpc';
import { ProspectError } from '../core/errors.js';
import { CONTROL_OPTIONS } from '../proto/transport/channel-options.js';
import { channelSecurity, type Security } from '../proto/transport/security.js';

/** Between attempts; a coordinator that comes up is found within it, and a worker that is told to stop stops within it. */
const RECONNECT_MS = 500;

/** A coordinator whose machine is cut off is noticed after both: no end of the connection arrives then. */
const KEEPALIVE_MS = 1000;
const KEEPALIVE_ANSWER_MS = 2000;

export interface CoordinatorTarget {
  /** host:port. */
  readonly address: string;
  readonly security: Security;
}

/** A connection of its own: what an earlier one learned about the address (that nobody is there) says nothing now. */
export function openChannel(address: string, security: Security): Channel {
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
  { address, security }: CoordinatorTarget,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Channel> {
  const channel = openChannel(address, security);
  if (await becomesReady(channel, Date.now() + deadlineMs, signal)) return channel;
  channel.close();
  throw new ProspectError(
    'UNREACHABLE',
    `this worker cannot reach the coordinator at ${address}: no answer within ${deadlineMs / 1000} s. ` +
      'Start the coordinator first (prospect coordinator run.yaml --listen host:port), and check that host and ' +
      'port are right and that no firewall lies between.',
  );
}

/** In short waits: one that has begun cannot be called off, and its timer would keep the process alive. */
async function becomesReady(channel: Channel, deadlineMs: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted && Date.now() < deadlineMs) {
    const look = waitForChannelReady(channel, new Date(Math.min(deadlineMs, Date.now() + RECONNECT_MS)));
    const ready = await look.then(
      () => true,
      () => false,
    );
    if (ready) return true;
  }
  return false;
}

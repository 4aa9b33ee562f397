/** The worker's connection to the coordinator, which may start later than the worker does. */
import { type Channel, createChannel, waitForChannelReady } from 'nice-grpc';
import { ProspectError } from '../core/errors.js';
import { CONTROL_OPTIONS } from '../proto/transport/channel-options.js';

/** Between attempts; a coordinator that comes up is found within it, and a worker that is told to stop stops within it. */
const RECONNECT_MS = 500;

/**
 * @param signal ends the wait, with the same error.
 * @throws UNREACHABLE when nobody answers within the deadline.
 */
export async function connectCoordinator(address: string, deadlineMs: number, signal: AbortSignal): Promise<Channel> {
  const channel = createChannel(address, undefined, {
    ...CONTROL_OPTIONS,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MS,
  });
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

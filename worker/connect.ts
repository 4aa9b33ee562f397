/** The worker's connection to the coordinator, which may start later than the worker does. */
import { type Channel, createChannel, waitForChannelReady } from 'nice-grpc';
import { ProspectError } from '../core/errors.js';
import { CONTROL_OPTIONS } from '../proto/transport/channel-options.js';

/** Between attempts; a coordinator that comes up is found within it. */
const RECONNECT_MS = 500;

/** @throws UNREACHABLE when nobody answers within the deadline. */
export async function connectCoordinator(address: string, deadlineMs: number): Promise<Channel> {
  const channel = createChannel(address, undefined, {
    ...CONTROL_OPTIONS,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MS,
  });
  try {
    await waitForChannelReady(channel, new Date(Date.now() + deadlineMs));
    return channel;
  } catch (cause) {
    channel.close();
    throw new ProspectError(
      'UNREACHABLE',
      `this worker cannot reach the coordinator at ${address}: no answer within ${deadlineMs / 1000} s. ` +
        'Start the coordinator first (prospect coordinator run.yaml --listen host:port), and check that host and ' +
        'port are right and that no firewall lies between.',
      { cause },
    );
  }
}

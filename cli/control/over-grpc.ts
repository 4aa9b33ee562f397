/** The CLI's end of a coordinator's ControlService. */
import { createChannel, createClient, type Metadata } from 'nice-grpc';
import type { GivenCommand } from '../../core/control/messages.js';
import { type RunStatus, RunStatusSchema } from '../../core/control/run-status.js';
import { ProspectError } from '../../core/errors.js';
import {
  type CommandRequest,
  type CommandResponse,
  ControlServiceDefinition,
} from '../../proto/gen/prospect/v1/control.js';
import { CONTROL_OPTIONS } from '../../proto/transport/channel-options.js';
import { isSentError, receivedError } from '../../proto/transport/errors.js';
import { channelSecurity } from '../../proto/transport/security.js';
import type { Target } from './target.js';

/** A coordinator that lives answers at once, also while it plans. */
const PATIENCE_MS = 10_000;

type GrpcTarget = Extract<Target, { by: 'grpc' }>;

export async function askByGrpc(target: GrpcTarget): Promise<RunStatus> {
  return RunStatusSchema.parse(await call(target, (client, token, options) => client.status({ token }, options)));
}

export function commandByGrpc(target: GrpcTarget, given: GivenCommand): Promise<CommandResponse> {
  const command = onWire(given);
  return call(target, (client, token, options) => client.command({ token, command }, options));
}

function onWire(given: GivenCommand): CommandRequest['command'] {
  switch (given.command) {
    case 'stop':
      return { $case: 'stop', value: { withoutSnapshot: !given.snapshot } };
    case 'workers':
      return { $case: 'workers', value: { min: given.min, max: given.max } };
    case 'learningRate':
      return { $case: 'learningRate', value: { learningRate: given.learningRate, fromStep: given.fromStep } };
    default:
      return { $case: given.command, value: {} };
  }
}

type Client = ReturnType<typeof createControlClient>;
type CallOptions = NonNullable<Parameters<Client['status']>[1]>;

function createControlClient(channel: ReturnType<typeof createChannel>) {
  return createClient(ControlServiceDefinition, channel);
}

async function call<Response>(
  { address, token, security }: GrpcTarget,
  ask: (client: Client, token: string, options: CallOptions) => Promise<Response>,
): Promise<Response> {
  const channel = createChannel(address, channelSecurity(security, ['coordinator']), CONTROL_OPTIONS);
  let trailer: Metadata | undefined;
  const onTrailer = (received: Metadata) => {
    trailer = received;
  };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await ask(createControlClient(channel), token, { onTrailer, signal });
  } catch (thrown) {
    if (isSentError(trailer)) throw receivedError(thrown, trailer);
    throw unreachable(address, signal.aborted, thrown);
  } finally {
    channel.close();
  }
}

function unreachable(address: string, isLate: boolean, cause: unknown): ProspectError {
  const why = isLate ? `no answer within ${PATIENCE_MS / 1000} s` : 'nobody answers there';
  return new ProspectError(
    'UNREACHABLE',
    `cannot reach the coordinator at ${address}: ${why}. Look whether it still runs, and at host and port.`,
    { cause },
  );
}

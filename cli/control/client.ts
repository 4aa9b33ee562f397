/** Asks the coordinator of a running run, by the way that the target names. */
import type { ControlReply, GivenCommand } from '../../core/control/messages.js';
import type { RunStatus } from '../../core/control/run-status.js';
import { askByGrpc, commandByGrpc } from './over-grpc.js';
import { requestByNats } from './over-nats.js';
import type { Target } from './target.js';

export type Acknowledgement = Extract<ControlReply, { acknowledged: unknown }>['acknowledged'];

/** @throws what the coordinator refuses; UNREACHABLE. */
export async function askStatus(target: Target): Promise<RunStatus> {
  if (target.by === 'grpc') return askByGrpc(target);
  return (await requestByNats(target, { command: 'status' }, 'status')).status;
}

/** @throws what the coordinator refuses; UNREACHABLE. */
export async function giveCommand(target: Target, command: GivenCommand): Promise<Acknowledgement> {
  if (target.by === 'grpc') return commandByGrpc(target, command);
  return (await requestByNats(target, command, 'acknowledged')).acknowledged;
}

/** The CLI's end of a run's control subject on NATS. */
import { RequestError } from '@nats-io/transport-node';
import { connectNats } from '../../coordinator/nats/connect.js';
import {
  CONTROL_VERSION,
  type ControlReply,
  ControlReplySchema,
  controlSubject,
  type GivenCommand,
} from '../../core/control/messages.js';
import { ERROR_TABLE, type ErrorCode, ProspectError } from '../../core/errors.js';
import type { Target } from './target.js';

/** A coordinator that lives answers at once, also while it plans. */
const PATIENCE_MS = 10_000;

type NatsTarget = Extract<Target, { by: 'nats' }>;
type Kind = 'status' | 'acknowledged';
type ReplyOf<Name extends Kind> = Extract<ControlReply, Readonly<Record<Name, unknown>>>;

/** @throws what the coordinator refuses; UNREACHABLE; CONFIG_INVALID for what NATS refuses. */
export async function requestByNats<Name extends Kind>(
  target: NatsTarget,
  wanted: GivenCommand | { readonly command: 'status' },
  kind: Name,
): Promise<ReplyOf<Name>> {
  const { nats, runId, token } = target;
  const connection = await connectNats(nats, 'prospect', process.env);
  try {
    const request = JSON.stringify({ version: CONTROL_VERSION, token, ...wanted });
    const message = await connection
      .request(controlSubject(runId), request, { timeout: PATIENCE_MS })
      .catch((error: unknown) => {
        throw unreachable(target, error);
      });
    const reply = parseReply(message.string());
    if ('error' in reply) throw received(reply.error);
    if (kind in reply) return reply as ReplyOf<Name>;
    throw new ProspectError('PROTOCOL', `the coordinator replied something else than ${kind}`);
  } finally {
    await connection.close();
  }
}

function parseReply(text: string): ControlReply {
  try {
    return ControlReplySchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = 'the coordinator’s reply cannot be read; install its version of prospect';
    throw new ProspectError('PROTOCOL', message, { cause });
  }
}

function received({ code, message }: { readonly code: string; readonly message: string }): ProspectError {
  return new ProspectError(Object.hasOwn(ERROR_TABLE, code) ? (code as ErrorCode) : 'PROTOCOL', message);
}

function unreachable({ runId }: NatsTarget, cause: unknown): ProspectError {
  const isNobody = cause instanceof RequestError && cause.isNoResponders();
  const why = isNobody ? 'nobody listens there' : `no answer within ${PATIENCE_MS / 1000} s`;
  const remedy = 'Look whether its coordinator runs, with nats in its configuration, and reaches NATS.';
  return new ProspectError('UNREACHABLE', `${controlSubject(runId)}: ${why}. ${remedy}`, { cause });
}

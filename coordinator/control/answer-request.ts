/** A request over NATS, from its bytes to the reply: what is wrong with it is replied too, and changes nothing. */
import { z } from 'zod';
import {
  CONTROL_VERSION,
  type ControlReply,
  type ControlRequest,
  ControlRequestSchema,
  LARGEST_REQUEST_BYTES,
} from '../../core/control/messages.js';
import { ProspectError, toProspectError } from '../../core/errors.js';
import { type Control, commandOf } from './control.js';

export async function answerRequest(bytes: Uint8Array, control: Control): Promise<ControlReply> {
  try {
    const { version: _, token, ...given } = parseRequest(bytes);
    if (given.command === 'status') return { version: CONTROL_VERSION, status: control.status(token) };
    return { version: CONTROL_VERSION, acknowledged: await control.command(token, commandOf(given)) };
  } catch (thrown) {
    return errorReply(toProspectError(thrown));
  }
}

export function errorReply({ code, message }: ProspectError): ControlReply {
  return { version: CONTROL_VERSION, error: { code, message } };
}

function parseRequest(bytes: Uint8Array): ControlRequest {
  if (bytes.length > LARGEST_REQUEST_BYTES) {
    throw unreadable(`it has ${bytes.length} bytes, and at most ${LARGEST_REQUEST_BYTES} are read`);
  }
  const request = parseJson(bytes);
  const { success, data, error } = ControlRequestSchema.safeParse(request);
  if (success) return data;
  const { version } = Object(request) as { version?: unknown };
  if (version !== CONTROL_VERSION) throw unreadable(`this coordinator reads version ${CONTROL_VERSION} alone`);
  throw unreadable(z.prettifyError(error));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw unreadable((cause as Error).message);
  }
}

function unreadable(why: string): ProspectError {
  return new ProspectError('PROTOCOL', `the request cannot be read, nothing was changed: ${why}`);
}

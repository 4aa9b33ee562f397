/** Whether a call may be made: decided from who is at the other end, before a byte of the request is looked at. */
import { ProspectError } from '../../core/errors.js';
import type { Role } from '../../core/roles.js';
import { RESPONSE_HEADERS, statusOf } from './errors.js';
import type { Headers } from './http2/headers.js';
import type { Http2Stream, StreamReceiver } from './http2/stream.js';
import { isAuthorised, type Security } from './security.js';

/** Members of a run show its token. Operators have one of their own, which the method itself looks at. */
export type Callers = 'members' | 'operators';

const ROLES_OF: Readonly<Record<Callers, readonly Role[]>> = {
  members: ['worker', 'coordinator'],
  operators: ['operator'],
};

/**
 * @param roles of the caller's certificate.
 * @throws ACCESS_DENIED
 */
export function admitCall(callers: Callers, headers: Headers, roles: readonly Role[], { tls, token }: Security): void {
  const wanted = ROLES_OF[callers];
  if (tls && !roles.some((role) => wanted.includes(role))) {
    const shown = roles.length === 0 ? 'names no role of a run' : `is for the ${roles.join(' and ')}`;
    const remedy = `Use ${wanted[0]}.pem and ${wanted[0]}.key of prospect certs.`;
    throw new ProspectError('ACCESS_DENIED', `the certificate ${shown}; a ${wanted[0]}’s is needed. ${remedy}`);
  }
  if (callers === 'operators' || token === undefined || isAuthorised(headers.get('authorization'), token)) return;
  const wrong = headers.has('authorization') ? 'the run token is a wrong one' : 'the run token is missing';
  throw new ProspectError('ACCESS_DENIED', `${wrong}. Copy run.token from the folder that prospect certs made.`);
}

/** Ends the call at once; what the caller still sends is dropped. */
export function refuseCall(stream: Http2Stream, error: unknown, callEnded: () => void): StreamReceiver {
  stream.sendHeaders(RESPONSE_HEADERS);
  stream.finish(Object.entries(statusOf(error)));
  return {
    headers: () => undefined,
    data: (part) => stream.taken(part.length),
    ended: () => undefined,
    closed: callEnded,
  };
}

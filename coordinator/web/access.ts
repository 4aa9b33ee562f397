/**
 * Who may look. On loopback that is who can reach it, by a name of this machine: a site on the Internet whose name was made
 * to mean 127.0.0.1 can't read along. Elsewhere it takes the run's control token.
 */
import { isLoopback } from '../../core/loopback.js';
import { isSameSecret } from '../../core/same-secret.js';
import { type Route, textAnswer, type WebAnswer, type WebRequest } from '../../proto/http/route.js';

export interface Access {
  /** That the listener is bound to. */
  readonly host: string;
  /** undefined: there is none (yet). */
  token(): string | undefined;
}

/** The same route, for those who may. */
export function guarded(route: Route, access: Access): Route {
  return { ...route, handle: (request) => refusal(request, access) ?? route.handle(request) };
}

function refusal({ headers }: WebRequest, { host, token }: Access): WebAnswer | undefined {
  if (isLoopback(host)) {
    if (isLoopback(hostName(headers.host ?? ''))) return undefined;
    return textAnswer(403, 'This page is for this machine alone: open it as http://localhost or http://127.0.0.1.');
  }
  const own = token();
  if (own === undefined) {
    return textAnswer(
      403,
      'Nobody may look: set PROSPECT_TOKEN or control.tokenFile where this is served, and start again.',
    );
  }
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  if (isSameSecret(given, own)) return undefined;
  return textAnswer(401, 'The run’s control token is needed.', { 'www-authenticate': 'Bearer' });
}

/** Of host:port. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

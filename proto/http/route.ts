/**
 * What is served over HTTP, as a list of routes. What cuts across (a token, for instance) is a function from route to
 * route, put around those that need it.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface WebRequest {
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Of a POST; never longer than the listener's limit. */
  readonly body: Buffer;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
}

export interface WebAnswer {
  /** 200 when left out. */
  readonly status?: number;
  /** Media type. */
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces of a stream are sent as they come, and no faster than they are taken. */
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** The whole path. */
  readonly path: string;
  handle(request: WebRequest): WebAnswer | Promise<WebAnswer>;
}

/** @returns undefined where there is no such path; `notAllowed` where there is, for other methods. HEAD is a GET. */
export function findRoute(
  routes: readonly Route[],
  method: string | undefined,
  path: string,
): Route | 'notAllowed' | undefined {
  const here = routes.filter((route) => route.path === path);
  const wanted = method === 'HEAD' ? 'GET' : method;
  return here.find((route) => route.method === wanted) ?? (here.length > 0 ? 'notAllowed' : undefined);
}

/** A line of text for a person. */
export function textAnswer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): WebAnswer {
  return { status, type: 'text/plain; charset=utf-8', headers, body: `${text}\n` };
}

/**
 * A small HTTP listener beside the work: what it takes in, and how often, is limited, so that whoever asks costs the
 * run nothing worth mentioning.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toProspectError } from '../../core/errors.js';
import { type Endpoint, type Listener, listen } from '../transport/listen.js';
import { createRateLimit } from './rate-limit.js';
import { findRoute, type Route, textAnswer, type WebAnswer } from './route.js';
import { sendAnswer } from './send-answer.js';

export interface WebServer {
  /** host:port as bound. */
  readonly address: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

export interface WebOptions {
  /** What a handler threw: its request is answered with 500. */
  readonly onError: (error: Error) => void;
}

/** Commands are some words. */
const BODY_BYTES = 64 * 1024;
const HEADER_BYTES = 8 * 1024;
/** A page with its streams in several browsers, beside Prometheus and probes. */
const MOST_CONNECTIONS = 128;
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;
const RATE = { burst: 100, perSecond: 20 };

/** @throws ADDRESS_IN_USE */
export async function serveHttp(
  endpoint: Endpoint,
  routes: readonly Route[],
  { onError }: WebOptions,
): Promise<WebServer> {
  const rate = createRateLimit(RATE);
  const settings = { maxHeaderSize: HEADER_BYTES, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS };
  const server = createServer(settings, (request, response) => {
    const waitSeconds = rate.take(request.socket.remoteAddress ?? '', performance.now());
    const answer = waitSeconds > 0 ? tooMany(waitSeconds) : answerTo(request, response, routes, onError);
    void sendAnswer(response, request.method === 'HEAD', answer).catch(() => response.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  const address = await listen(listenerOf(server), endpoint);
  let closing: Promise<void> | undefined;
  return {
    address,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

async function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
  onError: (error: Error) => void,
): Promise<WebAnswer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const route = findRoute(routes, request.method, pathname);
  if (route === undefined) return textAnswer(404, `There is nothing at ${pathname}.`);
  if (route === 'notAllowed') return textAnswer(405, `${request.method} is not what ${pathname} takes.`);
  const body = await bodyOf(request);
  if (!body) return textAnswer(413, `A request has at most ${BODY_BYTES} bytes.`, { connection: 'close' });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    return await route.handle({ query: searchParams, headers: request.headers, body, signal: gone.signal });
  } catch (thrown) {
    onError(toProspectError(thrown));
    return textAnswer(500, 'This could not be answered; the log of the process says why.');
  }
}

/** @returns undefined for one that is too long. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // What is too long is not read on, but its connection has to carry the refusal.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooMany(waitSeconds: number): WebAnswer {
  return textAnswer(429, 'Too many requests.', { 'retry-after': String(Math.ceil(waitSeconds)) });
}

function listenerOf(server: Server): Listener {
  return {
    listen(address) {
      const colon = address.lastIndexOf(':');
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(Number(address.slice(colon + 1)), address.slice(0, colon).replace(/^\[|\]$/g, ''), () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      });
    },
  };
}

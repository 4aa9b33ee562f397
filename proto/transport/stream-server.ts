/**
 * A gRPC server over Node's own HTTP/2, that any gRPC client can call. Large messages leave from where they lie instead of
 * being copied into one buffer each (one request, a stream of responses); calls that stream both ways are in duplex-call.ts.
 */
import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { acceptDuplex, type DuplexMethod } from './duplex-call.js';
import { statusOf } from './errors.js';
import { keepAlive } from './keep-alive.js';
import type { Listener } from './listen.js';
import { PREFIX_BYTES } from './message-reader.js';

/** Makes a message when the connection has room for it; throws when what it is made of is gone. */
export type MessageMaker = () => MessageParts;

/** Of one message. Not copied: what changes before it is sent arrives changed, so a checksum must be inside. */
export type MessageParts = readonly Uint8Array[];

export interface StreamMethod {
  /** /package.Service/Method. */
  readonly path: string;
  /** @param request the message's bytes. */
  serve(request: Uint8Array): AsyncIterable<MessageMaker>;
}

export interface StreamServer extends Listener {
  /** When no answer is under way that does not stream both ways. */
  answered(): Promise<void>;
  /** Ends all connections at once. */
  close(): void;
}

/** Requests say what is wanted, in some numbers. */
const REQUEST_BYTES = 64 * 1024;
const UNIMPLEMENTED = { 'grpc-status': '12', 'grpc-message': 'no such method' };
const OK = { 'grpc-status': '0' };

export function createStreamServer(methods: readonly (StreamMethod | DuplexMethod)[]): StreamServer {
  const byPath = new Map(methods.map((method) => [method.path, method]));
  const sessions = new Set<Http2Session>();
  const callsStarted = new WeakMap<Http2Session, () => () => void>();
  let answers = 0;
  let quiet = withResolvers<void>();
  const server = createServer({ maxSessionMemory: Number.MAX_SAFE_INTEGER });
  server.on('session', (session) => {
    sessions.add(session);
    callsStarted.set(session, keepAlive(session));
    session.on('close', () => sessions.delete(session));
    // Whoever pulls notices a connection that broke, and comes again.
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const callEnded = callsStarted.get(stream.session!)?.();
    stream.on('close', () => callEnded?.());
    const method = byPath.get(String(headers[':path']));
    if (method && 'open' in method) {
      acceptDuplex(stream, method);
      return;
    }
    answers++;
    stream.on('close', () => {
      answers--;
      if (answers > 0) return;
      quiet.resolve();
      quiet = withResolvers();
    });
    void answer(stream, method);
  });
  return {
    async listen(address) {
      const colon = address.lastIndexOf(':');
      const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(Number(address.slice(colon + 1)), host, resolve);
      });
      return (server.address() as { readonly port: number }).port;
    },
    async answered() {
      if (answers > 0) await quiet.promise;
    },
    close() {
      server.close();
      for (const session of sessions) session.destroy();
    },
  };
}

async function answer(stream: ServerHttp2Stream, method: StreamMethod | undefined): Promise<void> {
  let status: Record<string, string> = method ? OK : UNIMPLEMENTED;
  try {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(status));
    const request = await readRequest(stream);
    if (method) await sendMessages(stream, method.serve(request));
  } catch (thrown) {
    status = statusOf(thrown);
  }
  stream.end();
}

/** What is too large is read to its end, so that the refusal can be sent, but not kept. */
async function readRequest(stream: ServerHttp2Stream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes <= REQUEST_BYTES) chunks.push(chunk);
  }
  if (bytes <= REQUEST_BYTES) return Buffer.concat(chunks).subarray(PREFIX_BYTES);
  throw new ProspectError('PROTOCOL', `a request has more than ${REQUEST_BYTES} bytes`);
}

/** While one message is sent, the next is made. */
async function sendMessages(stream: ServerHttp2Stream, messages: AsyncIterable<MessageMaker>): Promise<void> {
  let earlierSent: Promise<void> | undefined;
  for await (const makeMessage of messages) {
    if (stream.destroyed) return;
    const sent = send(stream, makeMessage());
    await earlierSent;
    earlierSent = sent;
  }
}

/** Resolves when the message has left, or never will. */
function send(stream: ServerHttp2Stream, parts: MessageParts): Promise<void> {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(
    parts.reduce((sum, { length }) => sum + length, 0),
    1,
  );
  return new Promise((resolve) => {
    stream.cork();
    stream.write(prefix);
    for (const part of parts.slice(0, -1)) stream.write(part);
    stream.write(parts.at(-1), () => resolve());
    stream.uncork();
  });
}

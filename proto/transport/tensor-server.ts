/**
 * A gRPC server for streams of large messages: any gRPC client can call it, but messages leave from where they lie
 * instead of being copied into one buffer each. It knows one kind of method: one request, a stream of responses.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { ProspectError } from '../../core/errors.js';
import { statusOf } from './errors.js';
import { type Connection, createConnection } from './http2/connection.js';
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW_BYTES } from './http2/frames.js';
import type { Http2Stream, StreamReceiver } from './http2/stream.js';
import { keepAlive } from './keep-alive.js';
import type { Listener } from './listen.js';
import { listenLocally } from './local-socket.js';
import { PREFIX_BYTES } from './message-reader.js';
import type { Link } from './tensor-frame.js';

/** Makes a message when the connection has room for it; throws when what it is made of is gone. */
export type MessageMaker = (link: Link) => MessageParts;

/** Of one message. Not copied: what changes before it is sent arrives changed, so a checksum must be inside. */
export type MessageParts = readonly Uint8Array[];

export interface TensorMethod {
  /** /package.Service/Method. */
  readonly path: string;
  /** @param request the message's bytes. */
  serve(request: Uint8Array): AsyncIterable<MessageMaker>;
}

export interface TensorServer extends Listener {
  /** Ends all connections at once. */
  close(): void;
}

/** Requests say what is wanted, in some numbers. */
const REQUEST_BYTES = 64 * 1024;
const RESPONSE_HEADERS = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
] as const;
const UNIMPLEMENTED = { 'grpc-status': '12', 'grpc-message': 'no such method' };
const OK = { 'grpc-status': '0' };

export function createTensorServer(methods: readonly TensorMethod[]): TensorServer {
  const byPath = new Map(methods.map((method) => [method.path, method]));
  const connections = new Set<Connection>();
  const accept = (socket: Socket, link: Link): void => {
    let callStarted: () => () => void;
    const connection = createConnection(socket, {
      windowBytes: DEFAULT_WINDOW_BYTES,
      frameBytes: DEFAULT_FRAME_BYTES,
      onRequest: (headers, stream) =>
        receiveRequest({ stream, link, method: byPath.get(headers.get(':path') ?? '') }, callStarted()),
    });
    callStarted = keepAlive(connection);
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    socket.on('data', connection.receive);
  };
  const server = createServer({ noDelay: true }, (socket) => accept(socket, { isLocal: false }));
  const local = createServer((socket) => accept(socket, { isLocal: true }));
  return {
    async listen(address) {
      const colon = address.lastIndexOf(':');
      const host = address.slice(0, colon);
      await listenAt(server, host.replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1)));
      const { port } = server.address() as AddressInfo;
      await listenLocally(local, `${host}:${port}`);
      return port;
    },
    close() {
      server.close();
      local.close();
      for (const connection of connections) connection.destroy();
    },
  };
}

function listenAt(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

interface Call {
  readonly stream: Http2Stream;
  readonly link: Link;
  /** Undefined when there is none of that name. */
  readonly method: TensorMethod | undefined;
}

/** What is too large is read to its end, so that the refusal can be sent, but not kept. */
function receiveRequest(call: Call, callEnded: () => void): StreamReceiver {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    headers: () => undefined,
    data(part) {
      bytes += part.length;
      if (bytes <= REQUEST_BYTES) chunks.push(Buffer.from(part));
      call.stream.taken(part.length);
    },
    ended() {
      const request = bytes <= REQUEST_BYTES ? Buffer.concat(chunks).subarray(PREFIX_BYTES) : undefined;
      void answer(call, request);
    },
    closed: callEnded,
  };
}

async function answer({ stream, link, method }: Call, request: Uint8Array | undefined): Promise<void> {
  let status: Record<string, string> = method ? OK : UNIMPLEMENTED;
  stream.sendHeaders(RESPONSE_HEADERS);
  try {
    if (!request) throw new ProspectError('PROTOCOL', `a request has more than ${REQUEST_BYTES} bytes`);
    if (method) await sendMessages(stream, method.serve(request), link);
  } catch (thrown) {
    status = statusOf(thrown);
  }
  stream.finish(Object.entries(status));
}

/** While one message is sent, the next is made. */
async function sendMessages(stream: Http2Stream, messages: AsyncIterable<MessageMaker>, link: Link): Promise<void> {
  let earlierSent: Promise<void> | undefined;
  for await (const makeMessage of messages) {
    if (stream.isOver()) return;
    const sent = stream.send(prefixed(makeMessage(link)));
    await earlierSent;
    earlierSent = sent;
  }
}

function prefixed(parts: MessageParts): Uint8Array[] {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(
    parts.reduce((sum, { length }) => sum + length, 0),
    1,
  );
  return [prefix, ...parts];
}

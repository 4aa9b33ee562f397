/** A server-streaming gRPC call: its messages, then its status. */
import { ClientError } from 'nice-grpc-common';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import type { Connection } from './http2/connection.js';
import type { Headers } from './http2/headers.js';
import { createMessageReader, type Message, type MessageShape, PREFIX_BYTES } from './message-reader.js';

export interface Call {
  /** /package.Service/Method. */
  readonly path: string;
  /** The request's bytes. */
  readonly request: Uint8Array;
  /** Beside those that every call has. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A call that does not end with a status takes its connection with it: the next read from the socket may be on its way
 * to the memory of a payload, which is somebody else's by then.
 * @param signal ends the call, and the iteration without an error.
 * @returns messages. The other end is held back by the windows until the next is asked for.
 * @throws ClientError with the status that the server sent, WORKER_LOST when the connection broke before one came.
 */
export async function* receiveMessages(
  connection: Connection,
  { path, request, headers: own }: Call,
  shape: MessageShape,
  signal: AbortSignal,
): AsyncGenerator<Message> {
  const ready: Message[] = [];
  let status: Headers | undefined;
  let failure: Error | undefined;
  let isOver = false;
  let changed = withResolvers<void>();

  const reader = createMessageReader(shape, (message) => {
    ready.push(message);
    changed.resolve();
  });
  const stream = connection.request([...requestHeaders(path), ...Object.entries(own)], {
    headers(headers) {
      // A call that failed at once has its status there already.
      if (headers.has('grpc-status')) status = headers;
    },
    data(part) {
      try {
        reader.read(part);
      } catch (error) {
        failure = error as Error;
        stream.reset();
      }
    },
    place: reader.place,
    ended: () => undefined,
    closed(error) {
      if (!status) connection.destroy(error);
      failure ??= error;
      isOver = true;
      changed.resolve();
    },
  });
  void stream.send([prefixed(request)]);
  stream.finish();
  signal.addEventListener('abort', stream.reset);
  try {
    for (;;) {
      for (let message = ready.shift(); message; message = ready.shift()) {
        yield message;
        stream.taken(PREFIX_BYTES + message.head.length + message.payload.length);
      }
      if (isOver) break;
      await changed.promise;
      changed = withResolvers();
    }
  } finally {
    signal.removeEventListener('abort', stream.reset);
    stream.reset();
  }
  expectOk(status, path, failure);
}

/** Of a call. @param path /package.Service/Method. */
export function requestHeaders(path: string): [string, string][] {
  return [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'prospect'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ];
}

function prefixed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function expectOk(status: Headers | undefined, path: string, failure: Error | undefined): void {
  if (failure instanceof ProspectError) throw failure;
  if (!status) {
    const reason = failure ? `: ${failure.message}` : '';
    throw new ProspectError('WORKER_LOST', `the connection broke${reason}`, { cause: failure });
  }
  const code = Number(status.get('grpc-status'));
  if (code !== 0) throw new ClientError(path, code, decodeURIComponent(status.get('grpc-message') ?? ''));
}

/** A server-streaming gRPC call: its messages, then its status. */
import { ClientError } from 'nice-grpc-common';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import type { Connection } from './http2/connection.js';
import type { Headers } from './http2/headers.js';
import { createMessageReader, type MessageMemory, PREFIX_BYTES } from './message-reader.js';

export interface Call {
  /** /package.Service/Method. */
  readonly path: string;
  /** The request's bytes. */
  readonly request: Uint8Array;
}

/**
 * @param signal ends the call, and the iteration without an error.
 * @returns messages; one is valid until the next is asked for. The other end is held back by the windows.
 * @throws ClientError with the status that the server sent, WORKER_LOST when the connection broke before one came.
 */
export async function* receiveMessages(
  connection: Connection,
  { path, request }: Call,
  memory: MessageMemory,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const ready: Buffer[] = [];
  let status: Headers | undefined;
  let failure: Error | undefined;
  let isOver = false;
  let changed = withResolvers<void>();

  const read = createMessageReader(memory, (message) => {
    ready.push(message);
    changed.resolve();
  });
  const stream = connection.request(headersOf(path), {
    headers(headers) {
      // A call that failed at once has its status there already.
      if (headers.has('grpc-status')) status = headers;
    },
    data(part) {
      try {
        read(part);
      } catch (error) {
        failure = error as Error;
        stream.reset();
      }
    },
    ended: () => undefined,
    closed(error) {
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
        yield message.subarray(PREFIX_BYTES);
        memory.give(message);
        stream.taken(message.length);
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

function headersOf(path: string): [string, string][] {
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

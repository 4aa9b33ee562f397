/** The answer to a server-streaming gRPC call: its messages, then its status. */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { ClientError } from 'nice-grpc-common';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { createMessageReader, type MessageMemory, PREFIX_BYTES } from './message-reader.js';

/** Whole messages that wait for the receiver; beyond that HTTP/2 holds the sender back. */
const MESSAGES_AHEAD = 2;

/**
 * @param path of the method, for errors.
 * @returns messages; one is valid until the next is asked for.
 * @throws ClientError with the status that the server sent, WORKER_LOST when the connection broke before one came.
 */
export async function* receiveMessages(
  stream: ClientHttp2Stream,
  path: string,
  memory: MessageMemory,
): AsyncGenerator<Buffer> {
  const ready: Buffer[] = [];
  let status: IncomingHttpHeaders | undefined;
  let failure: Error | undefined;
  let isOver = false;
  let changed = withResolvers<void>();

  const read = createMessageReader(memory, (message) => {
    ready.push(message);
    if (ready.length >= MESSAGES_AHEAD) stream.pause();
    changed.resolve();
  });
  stream.on('data', (bytes: Buffer) => {
    try {
      read(bytes);
    } catch (error) {
      stream.destroy(error as Error);
    }
  });
  const noteStatus = (headers: IncomingHttpHeaders): void => {
    if (headers['grpc-status'] !== undefined) status = headers;
  };
  // A call that failed at once has its status there already.
  stream.on('response', noteStatus);
  stream.on('trailers', noteStatus);
  stream.on('error', (error) => {
    failure = error;
  });
  stream.on('close', () => {
    isOver = true;
    changed.resolve();
  });

  try {
    for (;;) {
      for (let message = ready.shift(); message; message = ready.shift()) {
        if (ready.length < MESSAGES_AHEAD) stream.resume();
        yield message.subarray(PREFIX_BYTES);
        memory.give(message);
      }
      if (isOver) break;
      await changed.promise;
      changed = withResolvers();
    }
  } finally {
    stream.close(constants.NGHTTP2_CANCEL);
  }
  expectOk(status, path, failure);
}

function expectOk(status: IncomingHttpHeaders | undefined, path: string, failure: Error | undefined): void {
  if (failure instanceof ProspectError) throw failure;
  if (!status) {
    const reason = failure ? `: ${reasonOf(failure)}` : '';
    throw new ProspectError('WORKER_LOST', `the connection broke${reason}`, { cause: failure });
  }
  const code = Number(status['grpc-status']);
  if (code !== 0) throw new ClientError(path, code, decodeURIComponent(String(status['grpc-message'] ?? '')));
}

/** A stream that a broken connection cancels says why in its cause. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}

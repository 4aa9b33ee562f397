/**
 * Pulling frames from a worker: gRPC on the wire, spoken here over Node's HTTP/2 because a general client allocates and
 * copies every message twice. Whoever receives tensors is the client, so that its windows decide.
 */
import { type ClientHttp2Session, connect } from 'node:http2';
import { PullReducedRequest, PullSumsRequest } from '../gen/prospect/v1/peer.js';
import { TENSOR_WINDOW_BYTES } from './channel-options.js';
import { keepAlive } from './keep-alive.js';
import { createMessageMemory, type MessageMemory, PREFIX_BYTES } from './message-reader.js';
import { receiveMessages } from './receive-messages.js';
import { PULL_REDUCED_PATH, PULL_SUMS_PATH } from './tensor-service.js';

/**
 * One connection to a worker, opened by the first pull and again after it broke. Ending the iteration, or the signal,
 * ends a pull. A frame's memory is used again when the next is asked for.
 */
export interface TensorClient {
  pullSums(request: PullSumsRequest, signal: AbortSignal): AsyncIterable<Buffer>;
  pullReduced(request: PullReducedRequest, signal: AbortSignal): AsyncIterable<Buffer>;
  close(): void;
}

interface Connection {
  readonly session: ClientHttp2Session;
  readonly callStarted: () => () => void;
}

/** @param address host:port. */
export function createTensorClient(address: string): TensorClient {
  const memory = createMessageMemory();
  let connection: Connection | undefined;
  const connected = (): Connection => {
    if (!connection || connection.session.closed || connection.session.destroyed) connection = open(address);
    return connection;
  };
  const pullFrom = (path: string, request: Uint8Array, signal: AbortSignal) =>
    pull(connected, { path, request }, memory, signal);
  return {
    pullSums: (request, signal) => pullFrom(PULL_SUMS_PATH, PullSumsRequest.encode(request).finish(), signal),
    pullReduced: (request, signal) => pullFrom(PULL_REDUCED_PATH, PullReducedRequest.encode(request).finish(), signal),
    close: () => connection?.session.destroy(),
  };
}

function open(address: string): Connection {
  const session = connect(`http://${address}`, {
    settings: { initialWindowSize: TENSOR_WINDOW_BYTES, enablePush: false },
    // Frames in flight are bounded by the windows; Node's limit of 10 MB would refuse further pulls.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
  });
  session.on('connect', () => {
    // It can be closed while it is opened.
    if (!session.destroyed) session.setLocalWindowSize(TENSOR_WINDOW_BYTES);
  });
  // Each pull gets the error of its own stream.
  session.on('error', () => undefined);
  return { session, callStarted: keepAlive(session) };
}

async function* pull(
  connected: () => Connection,
  { path, request }: { readonly path: string; readonly request: Uint8Array },
  memory: MessageMemory,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const { session, callStarted } = connected();
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const callEnded = callStarted();
  const cancel = () => stream.destroy();
  signal.addEventListener('abort', cancel);
  stream.end(prefixed(request));
  try {
    yield* receiveMessages(stream, path, memory);
  } finally {
    signal.removeEventListener('abort', cancel);
    callEnded();
  }
}

function prefixed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/**
 * Pulling frames from a worker: gRPC on the wire, spoken here over the project's own HTTP/2 because a general client
 * allocates and copies every message twice. Whoever receives tensors is the client, so that its windows decide.
 */
import { PullReducedRequest, PullSumsRequest } from '../gen/prospect/v1/peer.js';
import { TENSOR_WINDOW_BYTES } from './channel-options.js';
import { type Connection, createConnection } from './http2/connection.js';
import { keepAlive } from './keep-alive.js';
import { connectNearest, connectSecurely } from './local-socket.js';
import type { Message, MessageShape } from './message-reader.js';
import { receiveMessages } from './receive-messages.js';
import { callHeaders, type Security } from './security.js';
import { FRAME_HEADER_BYTES, type MemoryFor, readFrameHeader } from './tensor-frame.js';
import { PULL_REDUCED_PATH, PULL_SUMS_PATH } from './tensor-service.js';

/**
 * Two connections to a worker, one for sums and one for reduced gradients, so that what waits in one socket does not
 * stand in the other's way. Each is opened by the first pull and again after it broke. Ending the iteration, or the
 * signal, ends a pull and its connection: nothing is written to the memory of its frames after that.
 */
export interface TensorClient {
  pullSums(request: PullSumsRequest, memoryFor: MemoryFor, signal: AbortSignal): AsyncIterable<Message>;
  pullReduced(request: PullReducedRequest, memoryFor: MemoryFor, signal: AbortSignal): AsyncIterable<Message>;
  close(): void;
}

interface Target {
  readonly address: string;
  readonly security: Security;
}

interface Opened {
  readonly connection: Connection;
  readonly callStarted: () => () => void;
}

/** What one read takes that goes to no payload: headers, and the begin of what comes after them. */
const READ_BYTES = 64 * 1024;
/** The end of a payload is read together with the headers that follow, when it is as short as this. */
const SHORT_BYTES = 16 * 1024;
/** A frame's message with its prefix, whole. */
const FRAME_BYTES = 1024 * 1024 + 1024;

/** @param address host:port. */
export function createTensorClient(address: string, security: Security): TensorClient {
  const closing = new AbortController();
  const target = { address, security };
  const pullSums = createPuller(target, PULL_SUMS_PATH, closing.signal);
  const pullReduced = createPuller(target, PULL_REDUCED_PATH, closing.signal);
  return {
    pullSums: (request, ...how) => pullSums(PullSumsRequest.encode(request).finish(), ...how),
    pullReduced: (request, ...how) => pullReduced(PullReducedRequest.encode(request).finish(), ...how),
    close: () => closing.abort(),
  };
}

/** @param closing ends the connection. */
function createPuller(target: Target, path: string, closing: AbortSignal) {
  const headers = callHeaders(target.security);
  let opening: Promise<Opened> | undefined;
  let opened: Opened | undefined;

  const openNew = async (): Promise<Opened> => {
    try {
      opened = await open(target, closing);
      return opened;
    } finally {
      opening = undefined;
    }
  };
  const connected = async (): Promise<Opened> => {
    if (opened && !opened.connection.isOver()) return opened;
    opening ??= openNew();
    return opening;
  };
  closing.addEventListener('abort', () => opened?.connection.destroy());
  return async function* pull(request: Uint8Array, memoryFor: MemoryFor, signal: AbortSignal): AsyncGenerator<Message> {
    signal.throwIfAborted();
    const { connection, callStarted } = await connected();
    signal.throwIfAborted();
    const callEnded = callStarted();
    try {
      yield* receiveMessages(connection, { path, request, headers }, shapeOf(memoryFor), signal);
    } finally {
      callEnded();
    }
  };
}

function shapeOf(memoryFor: MemoryFor): MessageShape {
  return {
    headBytes: FRAME_HEADER_BYTES,
    memoryFor: (head, bytes) =>
      head.length === FRAME_HEADER_BYTES ? memoryFor(readFrameHeader(head), bytes) : new Uint8Array(bytes),
  };
}

async function open({ address, security: { tls } }: Target, signal: AbortSignal): Promise<Opened> {
  let connection: Connection | undefined;
  const headers = readBuffer();
  const onread = {
    buffer() {
      const place = connection?.place();
      return place && place.length > SHORT_BYTES ? place : headers;
    },
    callback(length: number, bytes: Uint8Array): boolean {
      connection!.receive((bytes as Buffer).subarray(0, length));
      return true;
    },
  };
  const socket = tls ? await connectSecurely(address, tls, signal) : await connectNearest(address, onread, signal);
  // It can be closed just as it is open.
  if (signal.aborted) socket.destroy();
  connection = createConnection(socket, { windowBytes: TENSOR_WINDOW_BYTES, frameBytes: FRAME_BYTES });
  // What is decrypted lies in memory of its own: it can't be read to where it belongs.
  if (tls) socket.on('data', connection.receive);
  return { connection, callStarted: keepAlive(connection) };
}

const sharedBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * The same for all reads: nothing is left behind for the garbage collector, and it stays in the processor's cache. What
 * is read is taken up before the next read begins, except on Windows, where reads are under way while others end.
 */
function readBuffer(): Buffer {
  return process.platform === 'win32' ? Buffer.allocUnsafeSlow(READ_BYTES) : sharedBuffer;
}

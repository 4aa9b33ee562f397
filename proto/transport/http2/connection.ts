/**
 * An HTTP/2 connection as tensors and sessions need it: bytes pass from the socket to whoever reads a stream, and from
 * memory to the socket, without the objects and copies in between on which Node's own HTTP/2 spends its time. Both ends; it
 * understands any other HTTP/2, and is understood (tested with Node's and with gRPC's).
 */
import type { Socket } from 'node:net';
import { ProspectError } from '../../../core/errors.js';
import {
  DEFAULT_WINDOW_BYTES,
  ErrorCode,
  Flag,
  FrameType,
  frame,
  goAwayFrame,
  PREFACE,
  Setting,
  settingsFrame,
} from './frames.js';
import type { Headers } from './headers.js';
import { createInbox, type InboxEvents } from './inbox.js';
import { createOutbox } from './outbox.js';
import { Http2ProtocolError } from './protocol-error.js';
import { createReceiveWindow } from './receive-window.js';
import { type Http2Stream, type OpenStream, openStream, type StreamReceiver } from './stream.js';

export interface ConnectionOptions {
  /** Of each stream: what may be under way before its reader has taken it up. */
  readonly windowBytes: number;
  /** Largest payload of a frame that comes. */
  readonly frameBytes: number;
  /** Makes this end the server: who reads the body of a request. */
  readonly onRequest?: (headers: Headers, stream: Http2Stream) => StreamReceiver;
}

export interface Connection {
  /** For the client. A stream that breaks says so to its receiver. */
  request(headers: Iterable<readonly [string, string]>, receiver: StreamReceiver): Http2Stream;
  /** @param answered called when the other end has answered. */
  ping(answered: () => void): void;
  /** The next bytes of the socket. */
  receive(bytes: Buffer): void;
  /** Where the reader of a stream wants the socket's next bytes. They need not be put there before `receive`. */
  place(): Buffer | undefined;
  /** The other end has sent its settings: before, it may not even have accepted the connection. */
  isGreeted(): boolean;
  /** No new request can be made. */
  isOver(): boolean;
  /** Ends everything at once. @param reason what streams are told. */
  destroy(reason?: Error): void;
  on(event: 'close', listener: () => void): void;
}

/** The connection itself is never held back, its streams are. */
const CONNECTION_WINDOW_BYTES = 2 ** 30;

/** @param socket connected, or about to be; not read here. */
export function createConnection(socket: Socket, options: ConnectionOptions): Connection {
  const { windowBytes, frameBytes, onRequest } = options;
  const streams = new Map<number, OpenStream>();
  const outbox = createOutbox(socket);
  const pings: (() => void)[] = [];
  let nextId = 1;
  let lastRequestId = 0;
  let isGreeted = false;
  let isGoingAway = false;
  let failure: Error | undefined;

  const destroy = (reason?: Error): void => {
    failure ??= reason;
    socket.destroy();
  };
  const open = (id: number, receiverOf: (stream: Http2Stream) => StreamReceiver): OpenStream => {
    const stream = openStream(id, receiverOf, { outbox, windowBytes, onClose: () => streams.delete(id) });
    streams.set(id, stream);
    return stream;
  };
  const begin = (id: number, headers: Headers): OpenStream | undefined => {
    if (!onRequest || id <= lastRequestId) return undefined;
    if (id % 2 === 0) throw new Http2ProtocolError(ErrorCode.protocol, `a request has the number ${id}`);
    lastRequestId = id;
    return open(id, (stream) => onRequest(headers, stream));
  };

  if (!onRequest) outbox.urgent(PREFACE);
  outbox.urgent(
    settingsFrame([
      [Setting.initialWindowBytes, windowBytes],
      [Setting.maxFrameBytes, frameBytes],
      // A server must not say it.
      ...(onRequest ? [] : [[Setting.enablePush, 0] as const]),
    ]),
  );
  const window = createReceiveWindow(
    0,
    { initialBytes: DEFAULT_WINDOW_BYTES, bytes: CONNECTION_WINDOW_BYTES },
    outbox.urgent,
  );
  const received = (bytes: number): void => {
    window.received(bytes);
    window.taken(bytes);
  };
  const events: InboxEvents = {
    headers(id, headers, isLast) {
      const known = streams.get(id);
      known?.receive.headers(headers);
      const stream = known ?? begin(id, headers);
      if (isLast) stream?.receive.ended();
    },
    data(id, part) {
      received(part.length);
      streams.get(id)?.receive.data(part);
    },
    place: (id) => streams.get(id)?.receive.place(),
    dataEnds(id, unread, isLast) {
      received(unread);
      streams.get(id)?.receive.padding(unread);
      if (isLast) streams.get(id)?.receive.ended();
    },
    reset(id, code) {
      const isWanted = code !== ErrorCode.none && code !== ErrorCode.cancel;
      const reason = isWanted ? new ProspectError('WORKER_LOST', `the stream was reset with code ${code}`) : undefined;
      streams.get(id)?.broke(reason);
    },
    settings(settings) {
      isGreeted = true;
      outbox.limit({
        windowBytes: settings.get(Setting.initialWindowBytes),
        frameBytes: settings.get(Setting.maxFrameBytes),
      });
      outbox.urgent(frame(FrameType.settings, Flag.ack, 0, Buffer.alloc(0)));
    },
    ping(payload, isAnswer) {
      if (isAnswer) pings.shift()?.();
      else outbox.urgent(frame(FrameType.ping, Flag.ack, 0, payload));
    },
    goAway(code) {
      isGoingAway = true;
      if (code !== ErrorCode.none)
        destroy(new ProspectError('WORKER_LOST', `the other end broke off with code ${code}`));
    },
    grant: outbox.grant,
  };
  const inbox = createInbox(events, { frameBytes, preface: onRequest ? PREFACE : Buffer.alloc(0) });
  socket.on('error', (error) => {
    failure ??= error;
  });
  socket.on('close', () => {
    const reason = failure ?? new ProspectError('WORKER_LOST', 'the other end closed the connection');
    for (const stream of [...streams.values()]) stream.broke(reason);
  });

  return {
    request(headers, receiver) {
      const id = nextId;
      nextId += 2;
      const { handle } = open(id, () => receiver);
      handle.sendHeaders(headers);
      return handle;
    },
    ping(answered) {
      pings.push(answered);
      outbox.urgent(frame(FrameType.ping, 0, 0, Buffer.alloc(8)));
    },
    receive(bytes) {
      try {
        inbox.read(bytes);
      } catch (error) {
        if (error instanceof Http2ProtocolError) outbox.farewell(goAwayFrame(lastRequestId, error.http2Code));
        destroy(error as Error);
      }
    },
    place: inbox.place,
    isGreeted: () => isGreeted,
    isOver: () => isGoingAway || socket.destroyed,
    destroy,
    on: (event, listener) => socket.on(event, listener),
  };
}

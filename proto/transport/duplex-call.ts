/**
 * A gRPC call that streams both ways, without a promise or a copy a message: with many workers, what a message costs
 * beside its content is what a step costs. Any gRPC client can make it.
 */
import { ProspectError } from '../../core/errors.js';
import type { Callers } from './admit-call.js';
import { OK, RESPONSE_HEADERS, statusOf } from './errors.js';
import type { Http2Stream, StreamReceiver } from './http2/stream.js';
import { PREFIX_BYTES } from './message-reader.js';
import { createMessageSplitter } from './message-splitter.js';

export interface DuplexMethod {
  /** /package.Service/Method. */
  readonly path: string;
  readonly callers: Callers;
  /** A call has begun. */
  open(call: DuplexCall): DuplexReceiver;
}

/** What the server can do with a call. */
export interface DuplexCall {
  /** @param message with its prefix: see `prefixed`. Nothing happens once the call has ended. */
  send(message: Buffer): void;
  /** Leaves with what is sent next in this turn of the event loop, or at its end. */
  sendSoon(message: Buffer): void;
  /** Ends the call with OK, after what was sent. */
  end(): void;
  /** Ends the call with this error, after what was sent. */
  fail(error: unknown): void;
}

/** Who is told what the client does. What `message` throws ends the call. */
export interface DuplexReceiver {
  /** Without prefix; valid until it returns. */
  message(bytes: Uint8Array): void;
  /** The client has ended its side, or the connection broke: nothing comes any more. Told once. */
  ended(): void;
}

/** gRPC's frame around a message. It can be sent in several calls. */
export function prefixed(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

/** @param callEnded called once, when nothing more comes or goes. */
export function acceptDuplex(stream: Http2Stream, method: DuplexMethod, callEnded: () => void): StreamReceiver {
  let isOver = false;
  let receiver: DuplexReceiver | undefined;
  const finish = (status: Readonly<Record<string, string>>) => {
    if (isOver) return;
    isOver = true;
    stream.finish(Object.entries(status));
  };
  const fail = (error: unknown) => finish(statusOf(error));
  const ended = () => {
    receiver?.ended();
    receiver = undefined;
  };
  stream.sendHeaders(RESPONSE_HEADERS);
  const split = createMessageSplitter((bytes) => receiver?.message(bytes));
  receiver = method.open({
    send(message) {
      if (!isOver) stream.post(message, false);
    },
    sendSoon(message) {
      if (!isOver) stream.post(message, true);
    },
    end: () => finish(OK),
    fail,
  });
  return {
    headers: () => undefined,
    data(part) {
      try {
        split(part);
      } catch (error) {
        fail(error);
        ended();
      }
      stream.taken(part.length);
    },
    ended,
    closed() {
      isOver = true;
      ended();
      callEnded();
    },
  };
}

/** @throws PROTOCOL for bytes that are no such message. */
export function decoded<Message>(decode: (bytes: Uint8Array) => Message, bytes: Uint8Array): Message {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new ProspectError('PROTOCOL', 'what came is no message of this method', { cause });
  }
}

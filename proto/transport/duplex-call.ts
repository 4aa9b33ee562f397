/**
 * A gRPC call that streams both ways, without a promise or a copy a message: with many workers, what a message costs
 * beside its content is what a step costs. Any gRPC client can make it.
 */
import type { ServerHttp2Stream } from 'node:http2';
import { ProspectError } from '../../core/errors.js';
import { statusOf } from './errors.js';
import { PREFIX_BYTES } from './message-reader.js';
import { createMessageSplitter } from './message-splitter.js';

export interface DuplexMethod {
  /** /package.Service/Method. */
  readonly path: string;
  /** A call has begun. */
  open(call: DuplexCall): DuplexReceiver;
}

/** What the server can do with a call. */
export interface DuplexCall {
  /** @param message with its prefix: see `prefixed`. Nothing happens once the call has ended. */
  send(message: Buffer): void;
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

const OK = { 'grpc-status': '0' };

/** gRPC's frame around a message. It can be sent in several calls. */
export function prefixed(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

export function acceptDuplex(stream: ServerHttp2Stream, method: DuplexMethod): void {
  let status: Record<string, string> = OK;
  let isOver = false;
  let receiver: DuplexReceiver | undefined;
  const end = () => {
    if (isOver) return;
    isOver = true;
    stream.end();
  };
  const fail = (error: unknown) => {
    if (!isOver) status = statusOf(error);
    end();
  };
  const ended = () => {
    receiver?.ended();
    receiver = undefined;
  };
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(status));
  const split = createMessageSplitter((bytes) => receiver?.message(bytes));
  stream.on('data', (chunk: Buffer) => {
    try {
      split(chunk);
    } catch (error) {
      fail(error);
      ended();
    }
  });
  stream.on('end', ended);
  stream.on('close', () => {
    isOver = true;
    ended();
  });
  receiver = method.open({
    send(message) {
      if (!isOver) stream.write(message);
    },
    end,
    fail,
  });
}

/** @throws PROTOCOL for bytes that are no such message. */
export function decoded<Message>(decode: (bytes: Uint8Array) => Message, bytes: Uint8Array): Message {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new ProspectError('PROTOCOL', 'what came is no message of this method', { cause });
  }
}

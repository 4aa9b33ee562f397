/**
 * The sending half of an HTTP/2 connection: within the windows that the other end grants, a frame of each stream in
 * turn, and no more at the socket than keeps it busy, so that what is urgent does not wait long. Frames that nobody waits for
 * leave with the next message, or at the end of the turn of the event loop: a write costs more than all else.
 */
import type { Socket } from 'node:net';
import {
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  ErrorCode,
  Flag,
  FrameType,
  frame,
  frameHeader,
  LARGEST_WINDOW_BYTES,
} from './frames.js';
import { Http2ProtocolError } from './protocol-error.js';

/** A message of a tensor with all headers: each frame costs the event loop a turn. Larger ones would hold others up. */
const LARGEST_FRAME_BYTES = 1024 * 1024 + 1024;
const AT_SOCKET_BYTES = 512 * 1024;
/** So much is copied behind its frame's header rather than written as a part of its own. Frames of all ends may have it. */
const COPIED_BYTES = DEFAULT_FRAME_BYTES;

export interface Outbox {
  /** Before everything that waits. */
  urgent(frame: Buffer): void;
  /** The last frame: it leaves now. */
  farewell(frame: Buffer): void;
  /**
   * A message that nobody waits for; not changed any more. @param isFollowed it may wait for what is posted after it in this
   * turn of the event loop.
   */
  post(streamId: number, message: Uint8Array, isFollowed: boolean): void;
  open(streamId: number): void;
  /** @param parts at least one byte; not copied. @param sent called when they have left, or never will. */
  send(streamId: number, parts: readonly Uint8Array[], sent: () => void): void;
  /** Ends the stream after all that is sent. @param onEnd called when that is at the socket. */
  finish(streamId: number, trailers: Buffer | undefined, onEnd: () => void): void;
  /** Drops what waits. */
  close(streamId: number): void;
  /** The other end can take more. @param streamId 0 for the connection. @throws Http2ProtocolError. */
  grant(streamId: number, bytes: number): void;
  /** What the other end's settings say. @throws Http2ProtocolError. */
  limit(limits: { readonly windowBytes: number | undefined; readonly frameBytes: number | undefined }): void;
}

interface Message {
  readonly parts: Uint8Array[];
  left: number;
  readonly sent: () => void;
}

interface Sending {
  readonly id: number;
  window: number;
  readonly messages: Message[];
  ending: { readonly trailers: Buffer | undefined; readonly onEnd: () => void } | undefined;
}

export function createOutbox(socket: Socket): Outbox {
  /** Whose turn it is comes first. */
  const streams = new Map<number, Sending>();
  let window = DEFAULT_WINDOW_BYTES;
  let streamWindow = DEFAULT_WINDOW_BYTES;
  let frameBytes = DEFAULT_FRAME_BYTES;
  let atSocket = 0;
  let isCorked = false;

  const uncork = (): void => {
    isCorked = false;
    socket.uncork();
  };
  const writeShort = (bytes: Buffer): void => {
    if (socket.destroyed) return;
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    socket.write(bytes);
  };
  const writeNow = (bytes: Buffer): void => {
    if (socket.destroyed) return;
    socket.write(bytes);
    if (isCorked) uncork();
  };
  const write = (parts: readonly Uint8Array[], sent: () => void): void => {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    atSocket += bytes;
    socket.cork();
    for (const part of parts.slice(0, -1)) socket.write(part);
    socket.write(parts.at(-1)!, () => {
      atSocket -= bytes;
      sent();
      flush();
    });
    socket.uncork();
  };
  const writeData = (stream: Sending): void => {
    const message = stream.messages[0]!;
    const length = Math.min(frameBytes, window, stream.window, message.left);
    window -= length;
    stream.window -= length;
    const isLast = length === message.left;
    const header = frameHeader({ type: FrameType.data, flags: 0, streamId: stream.id, length });
    if (isLast) stream.messages.shift();
    write([header, ...cut(message, length)], isLast ? message.sent : () => undefined);
  };
  const enqueue = (stream: Sending, parts: readonly Uint8Array[], sent: () => void): void => {
    const left = parts.reduce((sum, { length }) => sum + length, 0);
    stream.messages.push({ parts: [...parts], left, sent });
    flush();
  };
  const writeEnd = ({ id, ending }: Sending): void => {
    streams.delete(id);
    const { trailers, onEnd } = ending!;
    if (trailers) writeNow(frame(FrameType.headers, Flag.endHeaders | Flag.endStream, id, trailers));
    else writeNow(frameHeader({ type: FrameType.data, flags: Flag.endStream, streamId: id, length: 0 }));
    onEnd();
  };
  const flush = (): void => {
    while (!socket.destroyed && atSocket < AT_SOCKET_BYTES) {
      const next = [...streams.values()].find((stream) => canGoOn(stream, window));
      if (!next) return;
      streams.delete(next.id);
      streams.set(next.id, next);
      if (next.messages.length > 0) writeData(next);
      else writeEnd(next);
    }
  };
  socket.on('close', () => {
    for (const { messages } of streams.values()) for (const { sent } of messages) sent();
    streams.clear();
  });

  return {
    urgent: writeShort,
    farewell: writeNow,
    post(streamId, message, isFollowed) {
      const stream = streams.get(streamId);
      if (!stream) return;
      const mustWait = stream.messages.length > 0 || message.length > Math.min(COPIED_BYTES, window, stream.window);
      if (mustWait) {
        enqueue(stream, [message], () => undefined);
        return;
      }
      window -= message.length;
      stream.window -= message.length;
      (isFollowed ? writeShort : writeNow)(frame(FrameType.data, 0, streamId, message));
    },
    open: (id) => streams.set(id, { id, window: streamWindow, messages: [], ending: undefined }),
    send(streamId, parts, sent) {
      const stream = streams.get(streamId);
      if (stream) enqueue(stream, parts, sent);
      else sent();
    },
    finish(streamId, trailers, onEnd) {
      const stream = streams.get(streamId);
      if (stream) stream.ending = { trailers, onEnd };
      flush();
    },
    close(streamId) {
      for (const { sent } of streams.get(streamId)?.messages ?? []) sent();
      streams.delete(streamId);
    },
    grant(streamId, bytes) {
      const stream = streams.get(streamId);
      if (streamId === 0) window = enlarged(window, bytes);
      else if (stream) stream.window = enlarged(stream.window, bytes);
      flush();
    },
    limit({ windowBytes = streamWindow, frameBytes: largest = frameBytes }) {
      for (const stream of streams.values()) stream.window = enlarged(stream.window, windowBytes - streamWindow);
      streamWindow = windowBytes;
      frameBytes = Math.min(largest, LARGEST_FRAME_BYTES);
      flush();
    },
  };
}

function canGoOn({ messages, window, ending }: Sending, connectionWindow: number): boolean {
  return messages.length > 0 ? window > 0 && connectionWindow > 0 : ending !== undefined;
}

/** Takes bytes off the front of a message. */
function cut(message: Message, bytes: number): Uint8Array[] {
  const taken: Uint8Array[] = [];
  message.left -= bytes;
  for (let due = bytes; due > 0; ) {
    const part = message.parts[0]!;
    const piece = part.subarray(0, due);
    taken.push(piece);
    due -= piece.length;
    if (piece.length === part.length) message.parts.shift();
    else message.parts[0] = part.subarray(piece.length);
  }
  return taken;
}

function enlarged(window: number, bytes: number): number {
  if (window + bytes <= LARGEST_WINDOW_BYTES) return window + bytes;
  throw new Http2ProtocolError(ErrorCode.flowControl, `a window of ${window + bytes} bytes`);
}

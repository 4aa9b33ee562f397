/** One call on a connection: what both ends send on it, and when it is over. */
import { ErrorCode, Flag, FrameType, frame, numberFrame } from './frames.js';
import { encodeHeaders, type Headers } from './headers.js';
import type { Outbox } from './outbox.js';
import { createReceiveWindow } from './receive-window.js';

/** For whoever sends on it, and reads. */
export interface Http2Stream {
  sendHeaders(headers: Iterable<readonly [string, string]>): void;
  /** @param parts at least one byte; not copied. Resolves when they have left, or never will. */
  send(parts: readonly Uint8Array[]): Promise<void>;
  /** A message that nobody waits for; not changed any more. @param isFollowed by another one in this turn, mostly. */
  post(message: Uint8Array, isFollowed: boolean): void;
  /** Nothing more comes from this end; trailers say how it ended. */
  finish(trailers?: Iterable<readonly [string, string]>): void;
  /** The reader has taken up so many bytes: as many more may come. */
  taken(bytes: number): void;
  /** Ends the call from this side, whatever is still under way. */
  reset(): void;
  isOver(): boolean;
}

/** Who reads a stream. */
export interface StreamReceiver {
  /** Of the request; of the response, and then its trailers. */
  headers(headers: Headers): void;
  /** Valid during the call only. */
  data(part: Buffer): void;
  /** Where the next bytes are wanted: what is put there already needs no copy. `data` is told all the same. */
  place?(): Buffer | undefined;
  /** The other end has sent everything. */
  ended(): void;
  /** Once. @param error why the stream broke. */
  closed(error?: Error): void;
}

/** For the connection. */
export interface OpenStream {
  readonly handle: Http2Stream;
  receive: {
    headers(headers: Headers): void;
    data(part: Buffer): void;
    place(): Buffer | undefined;
    /** Bytes that count in the window, and that nobody reads. */
    padding(bytes: number): void;
    ended(): void;
  };
  /** @param error undefined when the other end did not want more. */
  broke(error?: Error): void;
}

interface Settings {
  readonly outbox: Outbox;
  /** What the other end may send before the reader has taken it up. */
  readonly windowBytes: number;
  readonly onClose: () => void;
}

/** @param receiverOf who reads it, given what it can answer on. */
export function openStream(
  id: number,
  receiverOf: (stream: Http2Stream) => StreamReceiver,
  { outbox, windowBytes, onClose }: Settings,
): OpenStream {
  const window = createReceiveWindow(id, { initialBytes: windowBytes, bytes: windowBytes }, outbox.urgent);
  let hasSentAll = false;
  let hasReceivedAll = false;
  let isOver = false;

  const end = (error?: Error): void => {
    if (isOver) return;
    isOver = true;
    outbox.close(id);
    onClose();
    receiver.closed(error);
  };
  const endWhenDone = (): void => {
    if (hasSentAll && hasReceivedAll) end();
  };
  const handle: Http2Stream = {
    sendHeaders(headers) {
      if (!isOver) outbox.urgent(frame(FrameType.headers, Flag.endHeaders, id, encodeHeaders(headers)));
    },
    send: (parts) => new Promise((resolve) => outbox.send(id, parts, resolve)),
    post: (message, isFollowed) => outbox.post(id, message, isFollowed),
    finish(trailers) {
      outbox.finish(id, trailers && encodeHeaders(trailers), () => {
        hasSentAll = true;
        endWhenDone();
      });
    },
    taken(bytes) {
      if (!isOver && !hasReceivedAll) window.taken(bytes);
    },
    reset() {
      if (!isOver) outbox.urgent(numberFrame(FrameType.resetStream, id, ErrorCode.cancel));
      end();
    },
    isOver: () => isOver,
  };
  outbox.open(id);
  const receiver = receiverOf(handle);
  return {
    handle,
    receive: {
      headers: receiver.headers,
      data(part) {
        window.received(part.length);
        receiver.data(part);
      },
      place: () => receiver.place?.(),
      padding(bytes) {
        window.received(bytes);
        handle.taken(bytes);
      },
      ended() {
        hasReceivedAll = true;
        receiver.ended();
        endWhenDone();
      },
    },
    broke: end,
  };
}

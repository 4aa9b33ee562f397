/**
 * The receiving half of an HTTP/2 connection: from its bytes to what the other end did. Header blocks are put together,
 * padding is taken off.
 */
import { createFrameReader } from './frame-reader.js';
import { ErrorCode, Flag, type FrameHeader, FrameType, readSettings } from './frames.js';
import { createHeaderDecoder, type Headers } from './headers.js';
import { Http2ProtocolError } from './protocol-error.js';

/** What the other end did. */
export interface InboxEvents {
  headers(streamId: number, headers: Headers, isLast: boolean): void;
  /** Valid during the call only. */
  data(streamId: number, part: Buffer): void;
  /** Where the reader of a stream wants its next bytes. */
  place(streamId: number): Buffer | undefined;
  /** @param unread bytes that count in the window but are padding. */
  dataEnds(streamId: number, unread: number, isLast: boolean): void;
  reset(streamId: number, errorCode: number): void;
  settings(settings: ReadonlyMap<number, number>): void;
  ping(payload: Buffer, isAnswer: boolean): void;
  goAway(errorCode: number): void;
  grant(streamId: number, bytes: number): void;
}

/** Of all fragments of a header block. */
const HEADER_BLOCK_BYTES = 64 * 1024;

interface HeaderBlock {
  readonly header: FrameHeader;
  readonly fragments: Buffer[];
}

interface InboxOptions {
  /** Largest payload of a frame. */
  readonly frameBytes: number;
  /** What comes before the first frame. */
  readonly preface: Buffer;
}

export interface Inbox {
  /** Takes the connection's next bytes. @throws Http2ProtocolError. */
  read(bytes: Buffer): void;
  /** Where the next bytes are wanted, as far as they are one stream's. */
  place(): Buffer | undefined;
}

export function createInbox(events: InboxEvents, { frameBytes, preface }: InboxOptions): Inbox {
  const decode = createHeaderDecoder();
  let block: HeaderBlock | undefined;
  /** Of the DATA frame at hand: bytes that are neither padding nor its length; undefined until that is known. */
  let data: { readonly header: FrameHeader; due: number | undefined; delivered: number } | undefined;

  const addFragment = (into: HeaderBlock, fragment: Buffer, isLast: boolean): void => {
    into.fragments.push(fragment);
    const whole = Buffer.concat(into.fragments);
    if (whole.length > HEADER_BLOCK_BYTES) throw new Http2ProtocolError(ErrorCode.compression, 'headers without end');
    block = isLast ? undefined : into;
    if (isLast) events.headers(into.header.streamId, decode(whole), hasFlag(into.header, Flag.endStream));
  };
  const frame = (header: FrameHeader, payload: Buffer): void => {
    const isContinuation = header.type === FrameType.continuation;
    if (isContinuation !== (block !== undefined)) throw unexpected(header);
    switch (header.type) {
      case FrameType.headers:
        addFragment({ header, fragments: [] }, fragmentOf(header, payload), hasFlag(header, Flag.endHeaders));
        break;
      case FrameType.continuation:
        if (block?.header.streamId !== header.streamId) throw unexpected(header);
        addFragment(block, payload, hasFlag(header, Flag.endHeaders));
        break;
      case FrameType.pushPromise:
        throw unexpected(header);
      default:
        short(header, payload, events);
    }
  };
  const sink = {
    frame,
    dataBegins(header: FrameHeader): void {
      if (block || header.streamId === 0) throw unexpected(header);
      data = { header, due: hasFlag(header, Flag.padded) ? undefined : header.length, delivered: 0 };
    },
    dataPart(part: Buffer): void {
      let rest = part;
      if (data!.due === undefined) {
        data!.due = data!.header.length - 1 - part[0]!;
        if (data!.due < 0) throw unexpected(data!.header);
        rest = part.subarray(1);
      }
      const piece = rest.subarray(0, data!.due - data!.delivered);
      data!.delivered += piece.length;
      if (piece.length > 0) events.data(data!.header.streamId, piece);
    },
    dataEnds(): void {
      const { header, delivered } = data!;
      events.dataEnds(header.streamId, header.length - delivered, hasFlag(header, Flag.endStream));
    },
  };
  return {
    read: afterPreface(preface, createFrameReader(sink, frameBytes)),
    place() {
      const left = (data?.due ?? 0) - (data?.delivered ?? 0);
      return left > 0 ? events.place(data!.header.streamId)?.subarray(0, left) : undefined;
    },
  };
}

function afterPreface(preface: Buffer, read: (bytes: Buffer) => void): (bytes: Buffer) => void {
  let due = preface;
  return (bytes) => {
    if (due.length === 0) {
      read(bytes);
      return;
    }
    const begin = bytes.subarray(0, due.length);
    if (!due.subarray(0, begin.length).equals(begin))
      throw new Http2ProtocolError(ErrorCode.protocol, 'no preface came');
    due = due.subarray(begin.length);
    read(bytes.subarray(begin.length));
  };
}

/** Frames of a fixed layout. */
function short(header: FrameHeader, payload: Buffer, events: InboxEvents): void {
  const { type, streamId } = header;
  const expectBytes = (bytes: number): void => {
    if (payload.length < bytes)
      throw new Http2ProtocolError(ErrorCode.frameSize, `a frame of type ${type} is too short`);
  };
  switch (type) {
    case FrameType.settings:
      if (!hasFlag(header, Flag.ack)) events.settings(readSettings(payload));
      break;
    case FrameType.ping:
      expectBytes(8);
      events.ping(payload, hasFlag(header, Flag.ack));
      break;
    case FrameType.goAway:
      expectBytes(8);
      events.goAway(payload.readUInt32BE(4));
      break;
    case FrameType.windowUpdate:
      expectBytes(4);
      events.grant(streamId, payload.readUInt32BE(0) & 0x7fffffff);
      break;
    case FrameType.resetStream:
      expectBytes(4);
      events.reset(streamId, payload.readUInt32BE(0));
      break;
  }
}

function fragmentOf(header: FrameHeader, payload: Buffer): Buffer {
  const isPadded = hasFlag(header, Flag.padded);
  const end = payload.length - (isPadded ? (payload[0] ?? 0) : 0);
  const begin = (isPadded ? 1 : 0) + (hasFlag(header, Flag.priority) ? 5 : 0);
  if (begin > end || header.streamId === 0) throw unexpected(header);
  return payload.subarray(begin, end);
}

function hasFlag({ flags }: FrameHeader, flag: number): boolean {
  return (flags & flag) !== 0;
}

function unexpected({ type, streamId }: FrameHeader): Http2ProtocolError {
  return new Http2ProtocolError(
    ErrorCode.protocol,
    `a frame of type ${type} on stream ${streamId} does not belong there`,
  );
}

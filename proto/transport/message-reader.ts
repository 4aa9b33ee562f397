/**
 * gRPC messages out of the bytes of an HTTP/2 stream: 0, length (4 bytes, big-endian), message. A message is a short head
 * and a payload that is put where it is wanted at last: allocating a MiB a message, or copying it once more, costs more
 * than everything else that is done with it.
 */
import { ProspectError } from '../../core/errors.js';
import { TENSOR_MESSAGE_BYTES } from './channel-options.js';

export const PREFIX_BYTES = 5;

export interface Message {
  /** Shorter than asked for when the message is. */
  readonly head: Buffer;
  readonly payload: Buffer;
}

export interface MessageReader {
  /** Takes the next bytes of the stream. @throws PROTOCOL for what is no message of at most 4 MiB. */
  read(bytes: Buffer): void;
  /** Where the rest of the payload at hand is wanted. What lies there already when it is read is not copied. */
  place(): Buffer | undefined;
}

export interface MessageShape {
  /** Of the head. */
  readonly headBytes: number;
  /** @returns memory for the payload. */
  memoryFor(head: Buffer, payloadBytes: number): Uint8Array;
}

/** @param onMessage told of each message as soon as it is whole. */
export function createMessageReader(
  { headBytes, memoryFor }: MessageShape,
  onMessage: (message: Message) => void,
): MessageReader {
  let start = Buffer.allocUnsafe(PREFIX_BYTES + headBytes);
  /** Of `start`, known when the prefix is there. */
  let startBytes = PREFIX_BYTES;
  let payload: Buffer | undefined;
  let received = 0;

  /** @returns how many bytes were taken. */
  const fillStart = (bytes: Buffer): number => {
    const copied = bytes.copy(start, received, 0, startBytes - received);
    received += copied;
    if (received < startBytes) return copied;
    const messageBytes = lengthOf(start);
    const wholeStart = PREFIX_BYTES + Math.min(headBytes, messageBytes);
    if (startBytes === PREFIX_BYTES && wholeStart > PREFIX_BYTES) {
      startBytes = wholeStart;
      return copied;
    }
    const payloadBytes = messageBytes - (startBytes - PREFIX_BYTES);
    const { buffer, byteOffset } = memoryFor(start.subarray(PREFIX_BYTES, startBytes), payloadBytes);
    payload = Buffer.from(buffer, byteOffset, payloadBytes);
    received = 0;
    return copied;
  };
  const fillPayload = (into: Buffer, bytes: Buffer): number => {
    const part = bytes.subarray(0, into.length - received);
    const isThere = part.buffer === into.buffer && part.byteOffset === into.byteOffset + received;
    if (!isThere) part.copy(into, received);
    received += part.length;
    return part.length;
  };
  const finish = (whole: Buffer): void => {
    const head = start.subarray(PREFIX_BYTES, startBytes);
    start = Buffer.allocUnsafe(PREFIX_BYTES + headBytes);
    startBytes = PREFIX_BYTES;
    payload = undefined;
    received = 0;
    onMessage({ head, payload: whole });
  };
  return {
    read(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const rest = bytes.subarray(at);
        at += payload ? fillPayload(payload, rest) : fillStart(rest);
        if (payload && received === payload.length) finish(payload);
      }
    },
    place: () => payload?.subarray(received),
  };
}

function lengthOf(prefix: Buffer): number {
  const bytes = prefix.readUInt32BE(1);
  if (prefix[0] === 0 && bytes <= TENSOR_MESSAGE_BYTES) return bytes;
  throw new ProspectError('PROTOCOL', `a message of ${bytes} bytes, compression ${prefix[0]}, is no tensor frame`);
}

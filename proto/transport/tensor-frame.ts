/**
 * Tensors on the wire: raw bytes behind a fixed header, because protobuf objects around a MiB cost copies. The
 * checksum covers header and payload: what arrives is what was sent, or it is noticed.
 *
 * | bytes | little-endian           |     | bytes | little-endian                    |
 * | ----- | ----------------------- | --- | ----- | -------------------------------- |
 * | 0–3   | magic                   |     | 16–23 | generation                       |
 * | 4     | version                 |     | 24–31 | step                             |
 * | 5     | element type            |     | 32–39 | offset of the first element      |
 * | 6     | tree node: level        |     | 40–43 | number of elements               |
 * | 7     | 1: payload not checked  |     | 44–46 | 0                                |
 * | 8–11  | tree node: index        |     | 47–50 | CRC-32 of bytes 0–46 and payload |
 * | 12–15 | nodes sent of the range |     | 51–   | payload                          |
 */
import { crc32 } from 'node:zlib';
import type { Message } from './message-reader.js';

const MAGIC = 0x46545250;
const VERSION = 1;
export const FRAME_HEADER_BYTES = 51;
const COVERAGE_AT = 7;
const CHECKSUM_AT = 47;
const ELEMENT_TYPES = ['float32', 'bfloat16'] as const;
const ELEMENT_BYTES = { float32: 4, bfloat16: 2 };

export type ElementType = (typeof ELEMENT_TYPES)[number];

export interface FrameHeader {
  readonly elementType: ElementType;
  /** Which tree node the elements belong to; the root for reduced gradients. */
  readonly level: number;
  readonly index: number;
  /** As many frames with the same offset come, one a tree node. */
  readonly nodeCount: number;
  readonly generation: number;
  readonly step: number;
  /** First element's position in the flat array. */
  readonly offset: number;
  /** Elements. */
  readonly length: number;
}

export interface TensorFrame extends FrameHeader {
  readonly payload: Uint8Array;
}

/**
 * Where the payload of a frame is received. The header may be damaged: that is found when all is there.
 * @returns at least so many bytes, aligned for the elements.
 */
export type MemoryFor = (header: FrameHeader, bytes: number) => Uint8Array;

/** What is wrong with a message that is no intact frame, for a person. */
export interface Damage {
  readonly damage: string;
}

/** Header and payload; together one message. */
export type OutgoingFrame = readonly [header: Buffer, payload: Uint8Array];

/** The way that a frame takes. */
export interface Link {
  /** Through the memory of one machine: nothing can happen to it on the way, and its checksum would be for nothing. */
  readonly isLocal: boolean;
}

/** @param payload is not copied: changed before it is sent over a network, it shows as damage. */
export function encodeFrame(header: FrameHeader, payload: Uint8Array, { isLocal }: Link): OutgoingFrame {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt8(VERSION, 4);
  bytes.writeUInt8(ELEMENT_TYPES.indexOf(header.elementType), 5);
  bytes.writeUInt8(header.level, 6);
  bytes.writeUInt8(isLocal ? 1 : 0, COVERAGE_AT);
  bytes.writeUInt32LE(header.index, 8);
  bytes.writeUInt32LE(header.nodeCount, 12);
  bytes.writeBigUInt64LE(BigInt(header.generation), 16);
  bytes.writeBigUInt64LE(BigInt(header.step), 24);
  bytes.writeBigUInt64LE(BigInt(header.offset), 32);
  bytes.writeUInt32LE(header.length, 40);
  bytes.writeUInt32LE(checksumOf(bytes, payload), CHECKSUM_AT);
  return [bytes, payload];
}

/** @param head the message's first bytes, as many as a header has. @param payload the others. */
export function decodeFrame({ head, payload }: Message): TensorFrame | Damage {
  if (head.length < FRAME_HEADER_BYTES) return { damage: `a frame of ${head.length} bytes has no whole header` };
  const header = readFrameHeader(head);
  if (head.readUInt32LE(CHECKSUM_AT) !== checksumOf(head, payload)) {
    const { offset, length, level, index } = header;
    return {
      damage: `the checksum is wrong of elements ${offset} to ${offset + length} of tree node ${level}:${index}`,
    };
  }
  if (head.readUInt32LE(0) !== MAGIC || head.readUInt8(4) !== VERSION) {
    return { damage: `a frame of another format came (version ${head.readUInt8(4)}, not ${VERSION})` };
  }
  const expectedBytes = header.length * ELEMENT_BYTES[header.elementType];
  if (payload.length === expectedBytes) return { ...header, payload };
  return { damage: `a frame of ${header.length} elements has ${payload.length} instead of ${expectedBytes} bytes` };
}

/** @param message its first bytes, at least as many as a header has. */
export function readFrameHeader(message: Buffer): FrameHeader {
  return {
    elementType: ELEMENT_TYPES[message.readUInt8(5)] ?? 'float32',
    level: message.readUInt8(6),
    index: message.readUInt32LE(8),
    nodeCount: message.readUInt32LE(12),
    generation: Number(message.readBigUInt64LE(16)),
    step: Number(message.readBigUInt64LE(24)),
    offset: Number(message.readBigUInt64LE(32)),
    length: message.readUInt32LE(40),
  };
}

function checksumOf(header: Buffer, payload: Uint8Array): number {
  const ofHeader = crc32(header.subarray(0, CHECKSUM_AT));
  return header[COVERAGE_AT] === 1 ? ofHeader : crc32(payload, ofHeader);
}

/**
 * One record of the row log: 64 bytes with a checksum. Its position is the row's number. Messages that hold no usable row
 * have a record too: what was looked at once is never looked at again.
 */
import { crc32 } from 'node:zlib';

export const RECORD_BYTES = 64;

const KINDS = ['row', 'bad', 'renumbered'] as const;

export interface RowRecord {
  /**
   * bad: refused, its sender or the dead letters have the reason. renumbered: no message; the stream has lost what it had
   * after `sequence`, and gives those numbers to other messages from here on.
   */
  readonly kind: (typeof KINDS)[number];
  /** How often the stream was renumbered before; with the sequence it says which message it is. */
  readonly generation: number;
  /** Of the message in its stream, or counted by the endpoint. */
  readonly sequence: number;
  /** A paired message gives two rows: which one this is, and how many there are. */
  readonly part: number;
  readonly parts: number;
  readonly desirable: boolean;
  /** For evaluation, never trained on. */
  readonly heldOut: boolean;
  /** When the source took the message, ns since 1970. */
  readonly timeNs: bigint;
  readonly promptKey: bigint;
  /** Of the sender's idempotency key; 0 without one. */
  readonly keyHash: bigint;
  /** Of its tokens, prompt then completion, in tokens.bin. */
  readonly tokensStart: number;
  readonly promptLength: number;
  readonly completionLength: number;
  readonly tokensChecksum: number;
}

/** Little-endian. */
const AT = {
  checksum: 0,
  kind: 4,
  desirable: 5,
  heldOut: 6,
  part: 7,
  parts: 8,
  generation: 10,
  promptLength: 12,
  sequence: 16,
  timeNs: 24,
  promptKey: 32,
  keyHash: 40,
  tokensStart: 48,
  completionLength: 56,
  tokensChecksum: 60,
} as const;

export function writeRecord(record: RowRecord, into: Buffer, offset: number): void {
  const bytes = into.subarray(offset, offset + RECORD_BYTES).fill(0);
  bytes.writeUInt8(KINDS.indexOf(record.kind) + 1, AT.kind);
  bytes.writeUInt8(Number(record.desirable), AT.desirable);
  bytes.writeUInt8(Number(record.heldOut), AT.heldOut);
  bytes.writeUInt8(record.part, AT.part);
  bytes.writeUInt8(record.parts, AT.parts);
  bytes.writeUInt16LE(record.generation, AT.generation);
  bytes.writeBigUInt64LE(BigInt(record.sequence), AT.sequence);
  bytes.writeBigUInt64LE(record.timeNs, AT.timeNs);
  bytes.writeBigUInt64LE(record.promptKey, AT.promptKey);
  bytes.writeBigUInt64LE(record.keyHash, AT.keyHash);
  bytes.writeBigUInt64LE(BigInt(record.tokensStart), AT.tokensStart);
  bytes.writeUInt32LE(record.promptLength, AT.promptLength);
  bytes.writeUInt32LE(record.completionLength, AT.completionLength);
  bytes.writeUInt32LE(record.tokensChecksum, AT.tokensChecksum);
  bytes.writeUInt32LE(checksumOf(bytes), AT.checksum);
}

/** @param bytes of one record. @returns undefined for what was not written so. */
export function readRecord(bytes: Buffer): RowRecord | undefined {
  const kind = KINDS[bytes.readUInt8(AT.kind) - 1];
  if (!kind || bytes.readUInt32LE(AT.checksum) !== checksumOf(bytes)) return undefined;
  return {
    kind,
    generation: bytes.readUInt16LE(AT.generation),
    sequence: Number(bytes.readBigUInt64LE(AT.sequence)),
    part: bytes.readUInt8(AT.part),
    parts: bytes.readUInt8(AT.parts),
    desirable: bytes.readUInt8(AT.desirable) === 1,
    heldOut: bytes.readUInt8(AT.heldOut) === 1,
    timeNs: bytes.readBigUInt64LE(AT.timeNs),
    promptKey: bytes.readBigUInt64LE(AT.promptKey),
    keyHash: bytes.readBigUInt64LE(AT.keyHash),
    tokensStart: Number(bytes.readBigUInt64LE(AT.tokensStart)),
    promptLength: bytes.readUInt32LE(AT.promptLength),
    completionLength: bytes.readUInt32LE(AT.completionLength),
    tokensChecksum: bytes.readUInt32LE(AT.tokensChecksum),
  };
}

/** @returns where, in tokens.bin, the tokens after this record's begin. */
export function tokensEndOf(record: RowRecord | undefined): number {
  return record ? record.tokensStart + record.promptLength + record.completionLength : 0;
}

function checksumOf(bytes: Buffer): number {
  return crc32(bytes.subarray(AT.checksum + 4, RECORD_BYTES));
}

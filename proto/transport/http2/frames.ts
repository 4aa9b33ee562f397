/** HTTP/2 frames (RFC 9113, section 6): numbers and layouts. */

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const FRAME_HEADER_BYTES = 9;
/** Until the other end asks for more. */
export const DEFAULT_FRAME_BYTES = 16_384;
export const DEFAULT_WINDOW_BYTES = 65_535;
export const LARGEST_WINDOW_BYTES = 2 ** 31 - 1;

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const Flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const ErrorCode = {
  none: 0,
  protocol: 1,
  flowControl: 3,
  frameSize: 6,
  cancel: 8,
  compression: 9,
} as const;

export const Setting = { enablePush: 2, initialWindowBytes: 4, maxFrameBytes: 5 } as const;

export interface FrameHeader {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** Bytes. */
  readonly length: number;
}

export function frameHeader(header: FrameHeader): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  writeHeader(bytes, header);
  return bytes;
}

export function readFrameHeader(bytes: Buffer): FrameHeader {
  return {
    length: (bytes[0]! << 16) | (bytes[1]! << 8) | bytes[2]!,
    type: bytes[3]!,
    flags: bytes[4]!,
    streamId: bytes.readUInt32BE(5) & 0x7fffffff,
  };
}

/** A whole frame, its payload copied. */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  writeHeader(bytes, { type, flags, streamId, length: payload.length });
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

function writeHeader(bytes: Buffer, { type, flags, streamId, length }: FrameHeader): void {
  bytes[0] = length >>> 16;
  bytes[1] = length >>> 8;
  bytes[2] = length;
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
}

export function settingsFrame(settings: Iterable<readonly [id: number, value: number]>): Buffer {
  const entries = [...settings].map(([id, value]) => {
    const entry = Buffer.allocUnsafe(6);
    entry.writeUInt16BE(id, 0);
    entry.writeUInt32BE(value, 2);
    return entry;
  });
  return frame(FrameType.settings, 0, 0, Buffer.concat(entries));
}

export function readSettings(payload: Buffer): Map<number, number> {
  const settings = new Map<number, number>();
  for (let at = 0; at + 6 <= payload.length; at += 6)
    settings.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
  return settings;
}

/** RST_STREAM's and WINDOW_UPDATE's payload. */
export function numberFrame(type: number, streamId: number, value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value, 0);
  return frame(type, 0, streamId, payload);
}

/** @param lastStreamId of the other end's streams, the last that was looked at. */
export function goAwayFrame(lastStreamId: number, errorCode: number): Buffer {
  const payload = Buffer.allocUnsafe(8);
  payload.writeUInt32BE(lastStreamId, 0);
  payload.writeUInt32BE(errorCode, 4);
  return frame(FrameType.goAway, 0, 0, payload);
}

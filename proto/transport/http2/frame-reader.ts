/**
 * HTTP/2 frames out of a connection's bytes. Tensors pass through as they come, without being put together; other frames
 * are short, and are handed over whole.
 */
import { ErrorCode, FRAME_HEADER_BYTES, type FrameHeader, FrameType, readFrameHeader } from './frames.js';
import { Http2ProtocolError } from './protocol-error.js';

export interface FrameSink {
  /** A DATA frame begins: its parts follow. */
  dataBegins(header: FrameHeader): void;
  /** Valid during the call only. With padding, where there is some. */
  dataPart(part: Buffer): void;
  dataEnds(): void;
  /** Any other frame. */
  frame(header: FrameHeader, payload: Buffer): void;
}

/**
 * @param largestBytes of a frame's payload, as this end's settings say.
 * @returns takes the connection's next bytes. @throws Http2ProtocolError.
 */
export function createFrameReader(sink: FrameSink, largestBytes: number): (bytes: Buffer) => void {
  const headerBytes = Buffer.alloc(FRAME_HEADER_BYTES);
  let headerFilled = 0;
  let header: FrameHeader | undefined;
  let payload = Buffer.alloc(0);
  let received = 0;

  const begin = (): FrameHeader => {
    const begun = readFrameHeader(headerBytes);
    if (begun.length > largestBytes)
      throw new Http2ProtocolError(ErrorCode.frameSize, `a frame of ${begun.length} bytes`);
    received = 0;
    if (begun.type === FrameType.data) sink.dataBegins(begun);
    else payload = Buffer.alloc(begun.length);
    return begun;
  };
  /** @returns how many bytes were taken. */
  const fill = (current: FrameHeader, bytes: Buffer): number => {
    const part = bytes.subarray(0, current.length - received);
    if (current.type === FrameType.data) sink.dataPart(part);
    else payload.set(part, received);
    received += part.length;
    return part.length;
  };
  const end = (ended: FrameHeader): void => {
    header = undefined;
    headerFilled = 0;
    if (ended.type === FrameType.data) sink.dataEnds();
    else sink.frame(ended, payload);
  };

  return (bytes) => {
    let at = 0;
    while (at < bytes.length) {
      if (!header) {
        const copied = bytes.copy(headerBytes, headerFilled, at);
        at += copied;
        headerFilled += copied;
        if (headerFilled < FRAME_HEADER_BYTES) return;
        header = begin();
      }
      if (received < header.length) at += fill(header, bytes.subarray(at));
      if (received === header.length) end(header);
    }
  };
}

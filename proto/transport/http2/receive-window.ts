/** The account of what this end has allowed the other to send (RFC 9113, section 5.2). */
import { ErrorCode, FrameType, numberFrame } from './frames.js';
import { Http2ProtocolError } from './protocol-error.js';

/** What this end can take of a stream, or of the connection. */
export interface ReceiveWindow {
  /** @throws Http2ProtocolError when more came than was granted. */
  received(bytes: number): void;
  /** So many bytes were taken up: granted again, not in driblets. */
  taken(bytes: number): void;
}

/** @param initialBytes what the other end assumes at the start. @param bytes what is wanted. */
export function createReceiveWindow(
  streamId: number,
  { initialBytes, bytes }: { readonly initialBytes: number; readonly bytes: number },
  send: (frame: Buffer) => void,
): ReceiveWindow {
  let granted = initialBytes;
  let owed = bytes - initialBytes;
  const pay = (): void => {
    send(numberFrame(FrameType.windowUpdate, streamId, owed));
    granted += owed;
    owed = 0;
  };
  if (owed > 0) pay();
  return {
    received(count) {
      granted -= count;
      if (granted < 0) throw new Http2ProtocolError(ErrorCode.flowControl, 'more came than the window allows');
    },
    taken(count) {
      owed += count;
      if (owed >= bytes / 4) pay();
    },
  };
}

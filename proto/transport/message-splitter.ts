/** gRPC messages of a control stream out of its bytes: small ones mostly, which lie whole in one chunk. */
import { ProspectError } from '../../core/errors.js';
import { CONTROL_MESSAGE_BYTES } from './channel-options.js';
import { PREFIX_BYTES } from './message-reader.js';

/**
 * @param onMessage receives each message without its prefix, valid until it returns.
 * @returns takes the next bytes of the stream, which are its own until it returns. @throws PROTOCOL for what is no message, and what `onMessage` throws.
 */
export function createMessageSplitter(onMessage: (message: Uint8Array) => void): (chunk: Buffer) => void {
  /** Of a message that is not whole. */
  let parts: Buffer[] = [];
  let held = 0;
  let needed = PREFIX_BYTES;
  return (chunk) => {
    held += chunk.length;
    if (held < needed) {
      parts.push(Buffer.from(chunk));
      return;
    }
    const bytes = parts.length === 0 ? chunk : Buffer.concat([...parts, chunk]);
    let at = 0;
    for (needed = PREFIX_BYTES; bytes.length - at >= needed; needed = PREFIX_BYTES) {
      needed = PREFIX_BYTES + messageBytes(bytes, at);
      if (bytes.length - at < needed) break;
      onMessage(bytes.subarray(at + PREFIX_BYTES, at + needed));
      at += needed;
    }
    parts = at < bytes.length ? [Buffer.from(bytes.subarray(at))] : [];
    held = bytes.length - at;
  };
}

function messageBytes(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at + 1);
  if (bytes[at] === 0 && length <= CONTROL_MESSAGE_BYTES) return length;
  throw new ProspectError('PROTOCOL', `a message of ${length} bytes, compression ${bytes[at]}, is no message of ours`);
}

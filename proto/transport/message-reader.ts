/**
 * gRPC messages out of the bytes of an HTTP/2 stream: 0, length (4 bytes, big-endian), message. Their memory is used
 * again: allocating and freeing a MiB a message costs more than everything else that is done with it.
 */
import { ProspectError } from '../../core/errors.js';
import { TENSOR_MESSAGE_BYTES } from './channel-options.js';

export const PREFIX_BYTES = 5;

/** Memory for messages, shared by the pulls of a connection. */
export interface MessageMemory {
  /** The whole message with its prefix: what follows a frame's header is aligned then. */
  take(bytes: number): Buffer;
  give(message: Buffer): void;
}

export function createMessageMemory(): MessageMemory {
  const spare: ArrayBufferLike[] = [];
  return {
    take(bytes) {
      const found = spare.findIndex((memory) => memory.byteLength >= bytes);
      const memory = found < 0 ? new ArrayBuffer(bytes) : spare.splice(found, 1)[0]!;
      return Buffer.from(memory, 0, bytes);
    },
    give: ({ buffer }) => spare.push(buffer),
  };
}

/**
 * @param onMessage receives each message with its prefix as soon as it is whole.
 * @returns takes the next bytes of the stream. @throws PROTOCOL for what is no message of at most 4 MiB.
 */
export function createMessageReader(
  memory: MessageMemory,
  onMessage: (prefixed: Buffer) => void,
): (bytes: Buffer) => void {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  let prefixBytes = 0;
  let message: Buffer | undefined;
  let received = 0;

  const begin = (): Buffer => {
    const bytes = prefix.readUInt32BE(1);
    if (prefix[0] !== 0 || bytes > TENSOR_MESSAGE_BYTES) {
      throw new ProspectError('PROTOCOL', `a message of ${bytes} bytes, compression ${prefix[0]}, is no tensor frame`);
    }
    received = PREFIX_BYTES;
    return memory.take(PREFIX_BYTES + bytes);
  };
  return (bytes) => {
    let at = 0;
    while (at < bytes.length) {
      if (!message) {
        const copied = bytes.copy(prefix, prefixBytes, at);
        at += copied;
        prefixBytes += copied;
        if (prefixBytes < PREFIX_BYTES) return;
        message = begin();
      }
      const copied = bytes.copy(message, received, at);
      at += copied;
      received += copied;
      if (received < message.length) continue;
      onMessage(message);
      message = undefined;
      prefixBytes = 0;
    }
  };
}

import { describe, expect, test } from 'vitest';
import { createMessageMemory, createMessageReader, PREFIX_BYTES } from './message-reader.js';

function prefixed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Messages read from a stream that comes in chunks of this size. */
function readInChunks(stream: Buffer, chunkBytes: number): Buffer[] {
  const messages: Buffer[] = [];
  const read = createMessageReader(createMessageMemory(), (message) => messages.push(message.subarray(PREFIX_BYTES)));
  for (let at = 0; at < stream.length; at += chunkBytes) read(stream.subarray(at, at + chunkBytes));
  return messages;
}

describe('a message reader', () => {
  test('gets the same messages however the stream is cut', () => {
    const sent = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(1000, 7), Buffer.from('last')];
    const stream = Buffer.concat(sent.map(prefixed));
    for (const chunkBytes of [1, 2, 5, 7, 64, stream.length]) {
      expect(readInChunks(stream, chunkBytes), `${chunkBytes} bytes at once`).toEqual(sent);
    }
  });

  test('refuses what is too large or compressed', () => {
    const tooLarge = Buffer.of(0, 0xff, 0, 0, 0);
    const compressed = Buffer.of(1, 0, 0, 0, 1, 0);
    for (const stream of [tooLarge, compressed]) expect(() => readInChunks(stream, 64)).toThrow('is no tensor frame');
  });
});

test('memory that is given back is taken again', () => {
  const memory = createMessageMemory();
  const first = memory.take(100);
  const { buffer } = first;
  expect(memory.take(100).buffer).not.toBe(buffer);
  memory.give(first);
  expect(memory.take(50).buffer).toBe(buffer);
});

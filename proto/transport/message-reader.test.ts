import { describe, expect, test } from 'vitest';
import { createMessageReader, type Message, PREFIX_BYTES } from './message-reader.js';

const HEAD_BYTES = 8;

function prefixed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Messages read from a stream that comes in chunks of this size. */
function readInChunks(stream: Buffer, chunkBytes: number): Message[] {
  const messages: Message[] = [];
  const shape = { headBytes: HEAD_BYTES, memoryFor: (_: Buffer, bytes: number) => new Uint8Array(bytes) };
  const { read } = createMessageReader(shape, (message) => messages.push(message));
  for (let at = 0; at < stream.length; at += chunkBytes) read(stream.subarray(at, at + chunkBytes));
  return messages;
}

describe('a message reader', () => {
  test('gets the same messages however the stream is cut', () => {
    const sent = ['one', '', 'just a h', 'x'.repeat(1000), 'last'].map((text) => Buffer.from(text));
    const stream = Buffer.concat(sent.map(prefixed));
    for (const chunkBytes of [1, 2, 5, 7, 64, stream.length]) {
      const read = readInChunks(stream, chunkBytes);
      for (const [i, { head }] of read.entries()) expect(head).toHaveLength(Math.min(HEAD_BYTES, sent[i]!.length));
      expect(
        read.map(({ head, payload }) => Buffer.concat([head, payload])),
        `${chunkBytes} bytes at once`,
      ).toEqual(sent);
    }
  });

  test('refuses what is too large or compressed', () => {
    const tooLarge = Buffer.of(0, 0xff, 0, 0, 0);
    const compressed = Buffer.of(1, 0, 0, 0, 1, 0);
    for (const stream of [tooLarge, compressed]) expect(() => readInChunks(stream, 64)).toThrow('is no tensor frame');
  });

  test('puts a payload where it is wanted, and copies nothing that lies there already', () => {
    const memory = Buffer.alloc(100, '-');
    const messages: Message[] = [];
    const memoryFor = (head: Buffer, bytes: number) => memory.subarray(head[0], head[0]! + bytes);
    const reader = createMessageReader({ headBytes: 1, memoryFor }, (message) => messages.push(message));
    const stream = prefixed(Buffer.concat([Buffer.of(10), Buffer.from('payload')]));
    expect(reader.place()).toBeUndefined();
    reader.read(stream.subarray(0, -4));
    const place = reader.place()!;
    expect([place.byteOffset - memory.byteOffset, place.length]).toEqual([13, 4]);
    place.write('LOAD');
    reader.read(place);
    expect(messages[0]!.payload.toString()).toBe('payLOAD');
    expect(memory.toString('latin1', 8, 20)).toBe('--payLOAD---');
    expect(reader.place()).toBeUndefined();
  });
});

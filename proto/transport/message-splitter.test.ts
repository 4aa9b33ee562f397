import { expect, test } from 'vitest';
import { prefixed } from './duplex-call.js';
import { createMessageSplitter } from './message-splitter.js';

const MESSAGES = ['', 'a', 'a longer one', 'x'.repeat(300)];

test.each([1, 2, 5, 7, 64, 1000])('messages come whole and in order, in chunks of %i bytes', (size) => {
  const bytes = Buffer.concat(MESSAGES.map((message) => prefixed(Buffer.from(message))));
  const got: string[] = [];
  const split = createMessageSplitter((message) => got.push(Buffer.from(message).toString()));
  for (let at = 0; at < bytes.length; at += size) split(bytes.subarray(at, at + size));
  expect(got).toEqual(MESSAGES);
});

test('a compressed message, and one that is too large, are refused', () => {
  const split = () => createMessageSplitter(() => expect.unreachable());
  expect(() => split()(Buffer.from([1, 0, 0, 0, 1, 0]))).toThrow('compression 1');
  expect(() => split()(Buffer.from([0, 255, 255, 255, 255]))).toThrow('a message of 4294967295 bytes');
});

import { expect, test } from 'vitest';
import { CHUNK_ELEMENTS, chunksOf, elementBytes, writeElements } from './tensor-chunks.js';

test('chunks cover a range without gap or overlap', () => {
  const range = { offset: 7, length: 2 * CHUNK_ELEMENTS + 3 };
  const chunks = [...chunksOf(range)];
  expect(chunks.map((chunk) => chunk.length)).toEqual([CHUNK_ELEMENTS, CHUNK_ELEMENTS, 3]);
  let next = range.offset;
  for (const chunk of chunks) {
    expect(chunk.offset).toBe(next);
    next += chunk.length;
  }
  expect(next).toBe(range.offset + range.length);
});

test('an empty range has no chunks', () => {
  expect([...chunksOf({ offset: 5, length: 0 })]).toEqual([]);
});

test('unaligned bytes arrive where they belong', () => {
  const values = new Float32Array([1.5, -2, 3]);
  const message = new Uint8Array(13);
  message.set(elementBytes(values.buffer, { offset: 0, length: 3 }), 1);
  const target = new Float32Array(5);
  writeElements(message.subarray(1), target.buffer, 2);
  expect([...target]).toEqual([0, 0, 1.5, -2, 3]);
});

import { describe, expect, test } from 'vitest';
import { decodeFrame, encodeFrame, FRAME_HEADER_BYTES, type FrameHeader } from './tensor-frame.js';

const HEADER: FrameHeader = {
  elementType: 'float32',
  level: 3,
  index: 70_000,
  nodeCount: 5,
  generation: 2 ** 40,
  step: 123_456,
  offset: 2 ** 33,
  length: 3,
};
const PAYLOAD = new Uint8Array(Float32Array.of(1.5, -2, 3e-9).buffer);

function encoded(header = HEADER, payload = PAYLOAD, isLocal = false): Buffer {
  return Buffer.concat(encodeFrame(header, payload, { isLocal }));
}

/** As it is received. */
function decoded(message: Buffer) {
  return decodeFrame({ head: message.subarray(0, FRAME_HEADER_BYTES), payload: message.subarray(FRAME_HEADER_BYTES) });
}

describe('a frame', () => {
  test('arrives as it was sent', () => {
    expect(decoded(encoded())).toEqual({ ...HEADER, payload: Buffer.from(PAYLOAD) });
  });

  test('that stays on its machine shows a flipped bit in its header, and is not slowed down by a look at its payload', () => {
    const intact = encoded(HEADER, PAYLOAD, true);
    expect(decoded(intact)).toEqual({ ...HEADER, payload: Buffer.from(PAYLOAD) });
    for (let at = 0; at < intact.length; at++) {
      const flipped = Buffer.from(intact);
      flipped[at]! ^= 1 << (at % 8);
      expect('damage' in decoded(flipped), `byte ${at}`).toBe(at < intact.length - PAYLOAD.length);
    }
  });

  test('of no elements is a frame', () => {
    const empty = { ...HEADER, length: 0 };
    expect(decoded(encoded(empty, new Uint8Array(0)))).toMatchObject(empty);
  });

  test('shows a flipped bit in any of its bytes', () => {
    const intact = encoded();
    for (let at = 0; at < intact.length; at++) {
      const flipped = Buffer.from(intact);
      flipped[at]! ^= 1 << (at % 8);
      expect(decoded(flipped), `byte ${at}`).toHaveProperty('damage');
    }
  });

  test('that is cut off is damaged', () => {
    for (const bytes of [0, 50, 51, 62]) expect(decoded(encoded().subarray(0, bytes))).toHaveProperty('damage');
  });

  test('whose payload has another size than its header says is damaged', () => {
    expect(decoded(encoded({ ...HEADER, length: 4 }))).toEqual({
      damage: 'a frame of 4 elements has 12 instead of 16 bytes',
    });
  });
});

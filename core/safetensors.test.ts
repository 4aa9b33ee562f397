import { describe, expect, it } from 'vitest';
import { buildHeader, HEADER_LENGTH_BYTES, headerLength, parseHeader } from './safetensors.js';

function fileOf(header: object, dataBytes: number): { json: Uint8Array; bytes: number } {
  const json = new TextEncoder().encode(JSON.stringify(header));
  return { json, bytes: HEADER_LENGTH_BYTES + json.length + dataBytes };
}

const TENSOR = { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] };

describe('a safetensors header', () => {
  it('that we build is one that we read', () => {
    const header = buildHeader([
      { name: 'a', shape: [2, 3] },
      { name: 'b', shape: [4] },
    ]);
    const fileBytes = header.length + 40;
    const length = headerLength(header.subarray(0, 8), fileBytes, 'x');
    const entries = parseHeader(header.subarray(8, 8 + length), fileBytes, 'x');
    expect(entries.map(({ name, start, end }) => [name, start - header.length, end - header.length])).toEqual([
      ['a', 0, 24],
      ['b', 24, 40],
    ]);
    expect(header.length % 8).toBe(0);
  });

  it('may not claim more than the file holds', () => {
    const prefix = new Uint8Array(8);
    new DataView(prefix.buffer).setBigUint64(0, 5000n, true);
    expect(() => headerLength(prefix, 100, 'model.safetensors')).toThrow(
      /model.safetensors claims a header of 5000 bytes but the file holds 100/,
    );
  });

  it('names the tensor that a cut-off file does not hold', () => {
    const { json, bytes } = fileOf({ w: TENSOR }, 20);
    expect(() => parseHeader(json, bytes, 'm')).toThrow(/tensor w reaches to .* it is cut off/);
  });

  it('names the tensor whose shape and bytes differ', () => {
    const { json, bytes } = fileOf({ w: { ...TENSOR, shape: [2, 2] } }, 24);
    expect(() => parseHeader(json, bytes, 'm')).toThrow(/gives tensor w 24 bytes, its shape needs 16/);
  });

  it('names a type that is not supported', () => {
    const { json, bytes } = fileOf({ w: { ...TENSOR, dtype: 'I8' } }, 24);
    expect(() => parseHeader(json, bytes, 'm')).toThrow(/tensor w has type I8; supported are F64, F32, F16, BF16/);
  });

  it('must be a JSON object', () => {
    expect(() => parseHeader(new TextEncoder().encode('nonsense'), 100, 'm')).toThrow(/not a JSON object/);
  });
});

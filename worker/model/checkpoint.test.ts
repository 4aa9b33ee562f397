import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from './checkpoint.js';
import { toFloat32 } from './dtypes.js';

interface Stored {
  readonly dtype: string;
  readonly shape: number[];
  readonly bytes: Uint8Array;
}

function safetensors(tensors: Record<string, Stored>): Uint8Array {
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, ...Object.values(tensors).map(({ bytes }) => bytes)]);
}

function float32(...values: number[]): Stored {
  return { dtype: 'F32', shape: [values.length], bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

function folderWith(files: Record<string, Uint8Array | string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'prospect-checkpoint-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

describe('a checkpoint', () => {
  it('is read from shards through its index', () => {
    const folder = folderWith({
      'model-1.safetensors': safetensors({ a: float32(1, 2) }),
      'model-2.safetensors': safetensors({ b: float32(3) }),
      'model.safetensors.index.json': JSON.stringify({
        weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' },
      }),
    });
    const checkpoint = openCheckpoint(folder);
    expect([...checkpoint.read('a', [2]), ...checkpoint.read('b', [1])]).toEqual([1, 2, 3]);
    checkpoint.close();
  });

  it('names a tensor that is missing, and one of another shape', () => {
    const checkpoint = openCheckpoint(folderWith({ 'model.safetensors': safetensors({ a: float32(1, 2) }) }));
    expect(() => checkpoint.read('b', [2])).toThrow(/lacks tensor b/);
    expect(() => checkpoint.read('a', [2, 1])).toThrow(/tensor a has shape \[2\]; config.json calls for \[2, 1\]/);
    checkpoint.close();
  });

  it('names a tensor that holds NaN', () => {
    const checkpoint = openCheckpoint(folderWith({ 'model.safetensors': safetensors({ a: float32(1, Number.NaN) }) }));
    expect(() => checkpoint.read('a', [2])).toThrow(/tensor a holds NaN at element 1/);
    checkpoint.close();
  });

  it('says what is missing in a folder without weights', () => {
    expect(() => openCheckpoint(folderWith({}))).toThrow(/model.safetensors is missing/);
  });
});

describe('stored floats', () => {
  const bytesOf = (array: Uint16Array<ArrayBuffer> | Float64Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
    new Uint8Array(array.buffer);

  it('of 16 bits are widened exactly, subnormals and signs included', () => {
    const halves = Uint16Array.from([0x3c00, 0xc000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x8000, 0x3555]);
    const expected = [1, -2, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, -0, 0.333251953125];
    expect([...toFloat32(bytesOf(halves), 'F16')]).toEqual(expected);
  });

  it('in bfloat16 are widened exactly', () => {
    expect([...toFloat32(bytesOf(Uint16Array.from([0x3f80, 0xc0a0, 0x0000])), 'BF16')]).toEqual([1, -5, 0]);
  });

  it('of 64 bits are rounded', () => {
    expect([...toFloat32(bytesOf(Float64Array.from([0.1, -3])), 'F64')]).toEqual([Math.fround(0.1), -3]);
  });
});

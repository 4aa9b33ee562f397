import { describe, expect, test } from 'vitest';
import { packBfloat16, roundToBfloat16, unpackBfloat16 } from './bfloat16.js';

function rounded(value: number): number {
  const values = Float32Array.of(value);
  roundToBfloat16(values);
  return values[0]!;
}

describe('rounding to bfloat16', () => {
  test('keeps values of eight significant bits', () => {
    for (const value of [0, 1, -1, 0.5, 255, -3.140625, 2 ** 100, Number.POSITIVE_INFINITY]) {
      expect(rounded(value)).toBe(value);
    }
    expect(Object.is(rounded(-0), -0)).toBe(true);
  });

  test('takes the nearest, and the even one of two equally near', () => {
    const ulp = 2 ** -7;
    expect(rounded(1 + 0.49 * ulp)).toBe(1);
    expect(rounded(1 + 0.51 * ulp)).toBe(1 + ulp);
    expect(rounded(1 + 0.5 * ulp)).toBe(1);
    expect(rounded(1 + 1.5 * ulp)).toBe(1 + 2 * ulp);
    expect(rounded(-1 - 1.5 * ulp)).toBe(-1 - 2 * ulp);
  });

  test('keeps what is no number, and makes what is too large infinite', () => {
    expect(rounded(Number.NaN)).toBeNaN();
    const payloads = new Float32Array(Uint32Array.of(0x7f800001, 0xffffffff).buffer);
    roundToBfloat16(payloads);
    expect([...payloads]).toEqual([Number.NaN, Number.NaN]);
    expect(rounded(3.4e38)).toBe(Number.POSITIVE_INFINITY);
  });
});

test('rounded values survive packing', () => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => (i - 500) * 1.2345 * 10 ** (i % 20));
  roundToBfloat16(values);
  const target = new Float32Array(values.length);
  unpackBfloat16(packBfloat16(values), target);
  expect(target).toEqual(values);
});

/**
 * bfloat16: the upper half of a float32, rounded to nearest with ties to even. Rounding is a function of the value
 * alone, so it keeps sums reproducible as long as it happens at points that do not depend on who holds what.
 */

/** Rounds float32 values in place to the nearest bfloat16, which stay float32. Too large becomes infinite. */
export function roundToBfloat16(values: Float32Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = roundedBits(bits[i]!);
}

/** The upper halves of values that are rounded already. */
export function packBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const packed = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) packed[i] = bits[i]! >>> 16;
  return packed;
}

/** @param target float32, as many as there are bfloat16 values. */
export function unpackBfloat16(packed: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < packed.length; i++) bits[i] = packed[i]! << 16;
}

function roundedBits(bits: number): number {
  const isNoNumber = (bits & 0x7fffffff) >>> 0 > 0x7f800000;
  // Rounding could carry a NaN's payload into infinity: it stays a quiet NaN.
  if (isNoNumber) return (bits | 0x00400000) & 0xffff0000;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
}

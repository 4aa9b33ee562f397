/** The float types that checkpoints store, as float32. */
import type { Dtype } from '../../core/safetensors.js';

/** @param bytes little-endian elements, starting at offset 0 of their buffer. */
export function toFloat32(bytes: Uint8Array<ArrayBuffer>, dtype: Dtype): Float32Array {
  const { buffer } = bytes;
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer));
  const halves = new Uint16Array(buffer);
  const bits = new Uint32Array(halves.length);
  const convert = dtype === 'BF16' ? bfloat16Bits : float16Bits;
  for (let i = 0; i < halves.length; i++) bits[i] = convert(halves[i]!);
  return new Float32Array(bits.buffer);
}

function bfloat16Bits(half: number): number {
  return half << 16;
}

/** IEEE 754 binary16 to binary32; subnormal halves are normal floats. */
function float16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | ((fraction << (13 + shift)) & 0x7fffff);
}

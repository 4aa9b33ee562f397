/** Cosines and sines of rotary positions (Su et al., arXiv 2104.09864). */
import * as tf from '@tensorflow/tfjs-core';
import type { RopeSpec } from '../spec.js';

/** Of each row's position, [n, headSize/2]. */
export interface RopeRows {
  readonly cos: tf.Tensor2D;
  readonly sin: tf.Tensor2D;
}

/** @param positions [n] */
export function ropeRows(spec: RopeSpec, headSize: number, positions: Int32Array): RopeRows {
  const frequencies = ropeFrequencies(spec, headSize);
  const half = frequencies.length;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  for (const [row, position] of positions.entries()) {
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i]!;
      cos[row * half + i] = Math.cos(angle);
      sin[row * half + i] = Math.sin(angle);
    }
  }
  const shape: [number, number] = [positions.length, half];
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) };
}

/** Radians per position of each pair, with linear or Llama 3 interpolation. */
export function ropeFrequencies(spec: RopeSpec, headSize: number): number[] {
  return Array.from({ length: headSize / 2 }, (_, pair) => {
    const frequency = spec.theta ** ((-2 * pair) / headSize) / spec.linearFactor;
    return spec.llama3 === undefined ? frequency : interpolate(frequency, spec.llama3);
  });
}

/** Long wavelengths are stretched by the factor, short ones kept, those between blended. */
function interpolate(frequency: number, llama3: NonNullable<RopeSpec['llama3']>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalLength } = llama3;
  const turns = (originalLength * frequency) / (2 * Math.PI);
  if (turns < lowFrequencyFactor) return frequency / factor;
  if (turns > highFrequencyFactor) return frequency;
  const smooth = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/**
 * Rotary positions (Su et al., arXiv 2104.09864) in Hugging Face's half-split form: the first half of a head is rotated
 * against the second.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { RopeSpec } from '../spec.js';

export interface RopeTable {
  /** [1, length, 1, headSize] */
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
}

/** Cosines and sines for positions start … start+length−1. */
export function ropeTable(spec: RopeSpec, headSize: number, start: number, length: number): RopeTable {
  const frequencies = ropeFrequencies(spec, headSize);
  const cos = new Float32Array(length * headSize);
  const sin = new Float32Array(length * headSize);
  for (let t = 0; t < length; t++) {
    for (let i = 0; i < headSize; i++) {
      const angle = (start + t) * frequencies[i % frequencies.length]!;
      cos[t * headSize + i] = Math.cos(angle);
      sin[t * headSize + i] = Math.sin(angle);
    }
  }
  const shape: [number, number, number, number] = [1, length, 1, headSize];
  return { cos: tf.tensor4d(cos, shape), sin: tf.tensor4d(sin, shape) };
}

/** x [batch, length, heads, headSize], rotated by its position. */
export function ropeForward(x: tf.Tensor4D, { cos, sin }: RopeTable): tf.Tensor4D {
  return tf.tidy(() => tf.add(tf.mul(x, cos), tf.mul(rotateHalf(x), sin)));
}

/** The transposed rotation: by the opposite angle. */
export function ropeBackward(dy: tf.Tensor4D, { cos, sin }: RopeTable): tf.Tensor4D {
  return tf.tidy(() => tf.sub(tf.mul(dy, cos), tf.mul(rotateHalf(dy), sin)));
}

/** (a, b) → (−b, a) on the two halves of the last side. */
function rotateHalf(x: tf.Tensor4D): tf.Tensor4D {
  const half = x.shape[3] / 2;
  const [a, b] = tf.split(x, [half, half], 3) as [tf.Tensor4D, tf.Tensor4D];
  return tf.concat([tf.neg(b), a], 3);
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

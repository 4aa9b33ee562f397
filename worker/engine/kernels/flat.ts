/**
 * Between tensors and flat arrays, and sums over flat arrays: passes over all of a model's parameters, which cost what
 * memory costs. The native engine does them without arrays in between; the bits are the same without it.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { flatFunctions, fusedEffect } from './fused.js';

/** Elements whose squares are summed by themselves, so that threads can share them. */
const SQUARE_BLOCK = 65_536;
const LANES = 8;

/** A flat array that tensors are stored in. */
export interface FlatStore {
  /** flat[offset …] = x, or += x. */
  store(x: tf.Tensor, offset: number, adds: boolean): void;
}

/** Only one is used at a time. */
export function flatStore(flat: Float32Array): FlatStore {
  const native = flatFunctions();
  if (native === undefined) return { store: (x, offset, adds) => copyInto(flat, x, offset, adds) };
  native.take(flat);
  return { store: (x, offset, adds) => fusedEffect('Store', [x], { offset, adds }) };
}

/**
 * Writes new values into tensors' own memory, which nothing else may share.
 * @returns false where the engine cannot: nothing is written then.
 */
export function loadInPlace(
  flat: Float32Array,
  places: readonly { readonly tensor: tf.Tensor; readonly offset: number }[],
): boolean {
  const native = flatFunctions();
  if (native === undefined) return false;
  native.take(flat);
  for (const { tensor, offset } of places) fusedEffect('Load', [tensor], { offset });
  return true;
}

/** target += source, float32. */
export function addInto(target: Float32Array, source: Float32Array): void {
  const native = flatFunctions();
  if (native) native.add(target, source);
  else for (let i = 0; i < target.length; i++) target[i]! += source[i]!;
}

/** Euclidean norm, in float64: each block's squares in eight sums side by side, the blocks' sums in order. */
export function normOf(values: Float32Array): number {
  const native = flatFunctions();
  if (native) return Math.sqrt(native.sumOfSquares(values));
  let total = 0;
  for (let from = 0; from < values.length; from += SQUARE_BLOCK) {
    total += squaresOf(values, from, Math.min(values.length, from + SQUARE_BLOCK));
  }
  return Math.sqrt(total);
}

function squaresOf(values: Float32Array, from: number, to: number): number {
  const sums = new Float64Array(LANES);
  for (let i = from; i < to; i++) sums[(i - from) % LANES]! += values[i]! * values[i]!;
  const [a, b, c, d, e, f, g, h] = sums as unknown as [number, number, number, number, number, number, number, number];
  return a + b + (c + d) + (e + f + (g + h));
}

function copyInto(flat: Float32Array, x: tf.Tensor, offset: number, adds: boolean): void {
  const values = x.dataSync<'float32'>();
  if (adds) for (let i = 0; i < values.length; i++) flat[offset + i]! += values[i]!;
  else flat.set(values, offset);
}

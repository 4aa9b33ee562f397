/** What passes hold, from the shapes: estimates, which decide what is kept and what is computed together. */
import type { DecoderSpec } from './spec.js';
import type { Keeping } from './training-pass.js';

/** A block's backward pass holds what was saved, the same again as gradients, and about as much in between. */
const BACKWARD_FACTOR = 3;

/** Of a training pass until its backward pass. @param lengths tokens of each sequence */
export function passBytes(spec: DecoderSpec, lengths: readonly number[], keeping: Keeping): number {
  const elements = inputElements(spec, lengths) + (keeping === 'everything' ? blockElements(spec, lengths) : 0);
  return Float32Array.BYTES_PER_ELEMENT * spec.layerCount * elements;
}

/** The least that forward and backward pass of these sequences together take. */
export function workingBytes(spec: DecoderSpec, lengths: readonly number[]): number {
  const atOnce = BACKWARD_FACTOR * blockElements(spec, lengths);
  return passBytes(spec, lengths, 'inputs') + Float32Array.BYTES_PER_ELEMENT * atOnce;
}

/** A block's input, and keys and values until the mismatched pairs are through. */
function inputElements({ hiddenSize, keyValueHeadCount, headSize }: DecoderSpec, lengths: readonly number[]): number {
  return rowsOf(lengths) * (hiddenSize + 2 * keyValueHeadCount * headSize);
}

/** What else a block saves. */
function blockElements(spec: DecoderSpec, lengths: readonly number[]): number {
  const { hiddenSize, headCount, keyValueHeadCount, headSize, mlpSize, gatedMlp, queryKeyNorm } = spec;
  const projected = (headCount + 2 * keyValueHeadCount) * headSize * (queryKeyNorm ? 2 : 1);
  const inner = hiddenSize + projected + headCount * headSize + (gatedMlp ? 2 : 1) * mlpSize;
  const probabilities = headCount * lengths.reduce((sum, length) => sum + length ** 2, 0);
  return rowsOf(lengths) * inner + probabilities;
}

function rowsOf(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** What a training pass holds until its backward pass: decides what is kept, so an estimate from the shapes will do. */
import type { DecoderSpec } from './spec.js';
import type { TokenRows } from './token-rows.js';
import type { Keeping } from './training-pass.js';

export function passBytes(spec: DecoderSpec, { tokenIds, spans }: TokenRows, keeping: Keeping): number {
  const rows = tokenIds.length;
  const { hiddenSize, headCount, keyValueHeadCount, headSize, mlpSize, gatedMlp, queryKeyNorm, layerCount } = spec;
  // Input, and keys and values until the mismatched pairs are through.
  const inputs = hiddenSize + 2 * keyValueHeadCount * headSize;
  const projected = (headCount + 2 * keyValueHeadCount) * headSize * (queryKeyNorm ? 2 : 1);
  const inner = hiddenSize + projected + headCount * headSize + (gatedMlp ? 2 : 1) * mlpSize;
  const probabilities = headCount * spans.reduce((sum, { length }) => sum + length ** 2, 0);
  const all = rows * inputs + (keeping === 'everything' ? rows * inner + probabilities : 0);
  return Float32Array.BYTES_PER_ELEMENT * layerCount * all;
}

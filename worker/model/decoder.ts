/** The decoder: embedding, blocks, final norm. Hidden states are [n, hidden], one row a token, without padding. */
import * as tf from '@tensorflow/tfjs-core';
import { release } from '../engine/kernels/scope.js';
import { type Block, blockForward } from './layers/block.js';
import type { Role } from './layers/linear.js';
import { type Norm, normForward } from './layers/norm.js';
import type { KeysAndValues } from './layers/self-attention.js';
import { type Placements, placeRows, releasePlacements } from './placements.js';
import type { DecoderSpec } from './spec.js';
import { positionsOf, type TokenRows } from './token-rows.js';
import type { Weight } from './weights.js';

export interface Decoder {
  readonly spec: DecoderSpec;
  /** [vocabulary, hidden] */
  readonly embedding: Weight;
  /** Learned positions [maxPositions, hidden], where there is no rope. */
  readonly positions?: Weight;
  readonly blocks: readonly Block[];
  readonly finalNorm: Norm;
  /** [vocabulary, hidden]; the embedding itself when tied. */
  readonly head: Weight;
}

/** Hidden states after the final norm [n, hidden] of rows that continue an earlier pass, or nothing. */
export function forward(decoder: Decoder, rows: TokenRows, role: Role, earlier?: readonly KeysAndValues[]): tf.Tensor {
  const { hidden, keysAndValues } = forwardKeeping(decoder, rows, role, earlier);
  release(keysAndValues);
  return hidden;
}

/** The same, and the keys and values of the pass, which the caller owns. */
export function forwardKeeping(
  decoder: Decoder,
  rows: TokenRows,
  role: Role,
  earlier?: readonly KeysAndValues[],
): { hidden: tf.Tensor; keysAndValues: KeysAndValues[] } {
  const placements = placeRows(decoder.spec, rows, earlier?.[0]?.k.shape[0] ?? 0);
  const keysAndValues: KeysAndValues[] = [];
  const last = walkBlocks(decoder, rows, placements, role, earlier, ({ x, saved, own }) => {
    keysAndValues.push(own);
    release([x, saved]);
  });
  const hidden = normForward(decoder.finalNorm, last);
  last.dispose();
  releasePlacements(placements);
  return { hidden, keysAndValues };
}

/** What a block took and made; the visitor owns it. */
export interface BlockPass {
  readonly x: tf.Tensor;
  readonly own: KeysAndValues;
  readonly saved: ReturnType<typeof blockForward>['saved'];
}

/** @returns hidden states before the final norm. */
export function walkBlocks(
  decoder: Decoder,
  rows: TokenRows,
  placements: Placements,
  role: Role,
  earlier: readonly KeysAndValues[] | undefined,
  visit: (pass: BlockPass, layer: number) => void,
): tf.Tensor {
  let x = embed(decoder, rows);
  decoder.blocks.forEach((block, layer) => {
    const { y, own, saved } = blockForward(block, x, placements.layers[layer]!, role, earlier?.[layer]);
    visit({ x, own, saved }, layer);
    x = y;
  });
  return x;
}

function embed({ embedding, positions }: Decoder, rows: TokenRows): tf.Tensor {
  return tf.tidy(() => {
    const tokens = tf.gather(embedding.tensor, tf.tensor1d(rows.tokenIds, 'int32'));
    if (positions === undefined) return tokens;
    return tf.add(tokens, tf.gather(positions.tensor, tf.tensor1d(positionsOf(rows), 'int32')));
  });
}

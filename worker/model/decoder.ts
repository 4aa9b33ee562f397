/**
 * The decoder: embedding, blocks, final norm. Forward keeps what backward needs, layer by layer, and backward frees it
 * as it walks. Hidden states are [n, hidden] with n = batch·length; sequences are padded at their end, where causal
 * attention lets nothing look.
 */
import * as tf from '@tensorflow/tfjs-core';
import { release } from '../engine/kernels/scope.js';
import type { GradientSink } from './gradient-sink.js';
import { causalMask } from './layers/attention.js';
import { type Block, type BlockSaved, blockBackward, blockForward } from './layers/block.js';
import type { Role } from './layers/linear.js';
import { type Norm, normBackward, normForward } from './layers/norm.js';
import { ropeTable } from './layers/rope.js';
import type { KeyValueCache, Positions } from './layers/self-attention.js';
import type { DecoderSpec } from './spec.js';
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

/** Token ids of equally long rows, [batch·length]. */
export interface TokenBatch {
  readonly tokenIds: Int32Array;
  readonly batch: number;
  readonly length: number;
}

export interface DecoderSaved {
  readonly tokens: TokenBatch;
  readonly blocks: BlockSaved[];
  /** Before the final norm. */
  readonly last: tf.Tensor;
  readonly positions: readonly Positions[];
}

/** Hidden states after the final norm [n, hidden], without keeping anything. */
export function forward(decoder: Decoder, tokens: TokenBatch, role: Role): tf.Tensor {
  return tf.tidy(() => {
    const positions = positionsOf(decoder, tokens, 0);
    let x = embed(decoder, tokens, 0);
    decoder.blocks.forEach((block, layer) => {
      const { y, saved } = blockForward(block, x, positions[layer]!, role);
      release(saved);
      x = y;
    });
    return normForward(decoder.finalNorm, x);
  });
}

/** Hidden states of the policy and what `backward` needs; the caller owns both. */
export function forwardSaving(decoder: Decoder, tokens: TokenBatch): { hidden: tf.Tensor; saved: DecoderSaved } {
  const positions = positionsOf(decoder, tokens, 0);
  const blocks: BlockSaved[] = [];
  let x = embed(decoder, tokens, 0);
  decoder.blocks.forEach((block, layer) => {
    const { y, saved } = blockForward(block, x, positions[layer]!, 'policy');
    blocks.push(saved);
    x = y;
  });
  return { hidden: normForward(decoder.finalNorm, x), saved: { tokens, blocks, last: x, positions } };
}

/** Walks back from dHidden [n, hidden] and disposes of `saved`; gradients go to the sink. */
export function backward(decoder: Decoder, saved: DecoderSaved, dHidden: tf.Tensor, sink: GradientSink): void {
  let dx = normBackward(decoder.finalNorm, saved.last, dHidden, sink);
  saved.last.dispose();
  for (let layer = decoder.blocks.length - 1; layer >= 0; layer--) {
    const blockSaved = saved.blocks[layer]!;
    const next = blockBackward(decoder.blocks[layer]!, blockSaved, dx, saved.positions[layer]!, sink);
    dx.dispose();
    release(blockSaved);
    dx = next;
  }
  embedBackward(decoder, saved.tokens, dx, sink);
  dx.dispose();
  release(saved.positions);
}

/** Hidden states of the newest tokens [length, hidden] of one sequence, continuing the cache. */
export function forwardCached(
  decoder: Decoder,
  tokens: TokenBatch,
  start: number,
  caches: readonly KeyValueCache[],
  role: Role,
): tf.Tensor {
  return tf.tidy(() => {
    const positions = positionsOf(decoder, tokens, start);
    let x = embed(decoder, tokens, start);
    decoder.blocks.forEach((block, layer) => {
      x = blockForward(block, x, positions[layer]!, role, caches[layer]).y;
    });
    return normForward(decoder.finalNorm, x);
  });
}

function embed({ embedding, positions }: Decoder, { tokenIds, batch, length }: TokenBatch, start: number): tf.Tensor {
  return tf.tidy(() => {
    const rows = tf.gather(embedding.tensor, tf.tensor1d(tokenIds, 'int32'));
    if (positions === undefined) return rows;
    const width = embedding.shape[1]!;
    const added = tf.slice(positions.tensor, [start, 0], [length, width]);
    return tf.reshape(tf.add(tf.reshape(rows, [batch, length, width]), added), [-1, width]);
  });
}

function embedBackward({ embedding, positions }: Decoder, tokens: TokenBatch, dx: tf.Tensor, sink: GradientSink): void {
  if (embedding.slot !== undefined) sink.addRows(embedding, tokens.tokenIds, dx);
  if (positions?.slot === undefined) return;
  tf.tidy(() => {
    const overBatch = tf.sum(tf.reshape(dx, [tokens.batch, tokens.length, -1]), 0);
    sink.addRows(
      positions,
      Int32Array.from({ length: tokens.length }, (_, position) => position),
      overBatch,
    );
  });
}

/** Rotary tables and masks, shared by layers with the same window. */
function positionsOf({ spec }: Decoder, { batch, length }: TokenBatch, start: number): Positions[] {
  const group = spec.headCount / spec.keyValueHeadCount;
  const rope = spec.rope === undefined ? undefined : ropeTable(spec.rope, spec.headSize, start, length);
  const byWindow = new Map<number | undefined, Positions>();
  return spec.windows.map((window) => {
    let positions = byWindow.get(window);
    if (positions === undefined) {
      const mask = causalMask(group, length, start + length, window);
      positions = { batch, length, mask, ...(rope !== undefined && { rope }) };
      byWindow.set(window, positions);
    }
    return positions;
  });
}

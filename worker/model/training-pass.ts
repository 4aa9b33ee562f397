/**
 * A forward pass of the policy that is followed by a backward pass. What is kept in between is a matter of memory, not
 * of bits: what was not kept is computed again from the same rows in the same way.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { release } from '../engine/kernels/scope.js';
import { type Decoder, walkBlocks } from './decoder.js';
import type { GradientSink } from './gradient-sink.js';
import { type BlockSaved, blockBackward, blockForward } from './layers/block.js';
import { normBackward, normForward } from './layers/norm.js';
import type { KeysAndValues } from './layers/self-attention.js';
import { type Placements, placeRows, releasePlacements } from './placements.js';
import { positionsOf, type TokenRows } from './token-rows.js';

/** everything: one forward, one backward. inputs: of each block its input alone, the rest again (Chen et al., arXiv 1604.06174). */
export type Keeping = 'everything' | 'inputs';

export interface TrainingPass {
  readonly rows: TokenRows;
  readonly keeping: Keeping;
  /** After the final norm, [n, hidden]. */
  readonly hidden: tf.Tensor;
  /** Of each layer, as long as they are wanted. */
  keysAndValues: KeysAndValues[];
  readonly placements: Placements;
  readonly blocks: readonly { readonly x: tf.Tensor; readonly saved: BlockSaved | undefined }[];
  /** Before the final norm. */
  readonly last: tf.Tensor;
}

/** The caller owns the pass, until `backward` or `releasePass`. */
export function forwardTraining(decoder: Decoder, rows: TokenRows, keeping: Keeping): TrainingPass {
  const placements = placeRows(decoder.spec, rows, 0);
  const blocks: { x: tf.Tensor; saved: BlockSaved | undefined }[] = [];
  const keysAndValues: KeysAndValues[] = [];
  const last = walkBlocks(decoder, rows, placements, 'policy', undefined, ({ x, own, saved }) => {
    keysAndValues.push(own);
    if (keeping === 'inputs') release(saved);
    blocks.push({ x, saved: keeping === 'everything' ? saved : undefined });
  });
  return { rows, keeping, hidden: normForward(decoder.finalNorm, last), keysAndValues, placements, blocks, last };
}

/** No other pass continues this one any more. */
export function dropKeysAndValues(pass: TrainingPass): void {
  release(pass.keysAndValues);
  pass.keysAndValues = [];
}

export function releasePass(pass: TrainingPass): void {
  const { hidden, blocks, last, placements } = pass;
  dropKeysAndValues(pass);
  release([hidden, last, blocks.map(({ x, saved }) => [x, ...(saved ? [saved] : [])])]);
  releasePlacements(placements);
}

/** Walks back from dHidden [n, hidden]; gradients go to the sink. The pass is used up. */
export function backward(decoder: Decoder, pass: TrainingPass, dHidden: tf.Tensor, sink: GradientSink): void {
  dropKeysAndValues(pass);
  let dx = normBackward(decoder.finalNorm, pass.last, dHidden, sink);
  for (let layer = decoder.blocks.length - 1; layer >= 0; layer--) {
    const block = decoder.blocks[layer]!;
    const placement = pass.placements.layers[layer]!;
    const { x, saved: kept } = pass.blocks[layer]!;
    const saved = kept ?? savedAgain(() => blockForward(block, x, placement, 'policy'));
    const next = blockBackward(block, x, saved, dx, placement, sink);
    release([dx, x, saved]);
    dx = next;
  }
  embedBackward(decoder, pass.rows, dx, sink);
  release([dx, pass.hidden, pass.last]);
  releasePlacements(pass.placements);
}

function savedAgain(compute: () => ReturnType<typeof blockForward>): BlockSaved {
  const { y, own, saved } = compute();
  release([y, own]);
  return saved;
}

function embedBackward({ embedding, positions }: Decoder, rows: TokenRows, dx: tf.Tensor, sink: GradientSink): void {
  if (embedding.slot !== undefined) sink.addRows(embedding, rows.tokenIds, dx);
  if (positions?.slot !== undefined) sink.addRows(positions, positionsOf(rows), dx);
}

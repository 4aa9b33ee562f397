/**
 * One piece of a slice: its sums added in the order of the tree, divided, rounded for the wire, and put in its place.
 */
import { roundToBfloat16 } from '../../core/bfloat16.js';
import { nodeKey } from '../../core/reduction-tree.js';
import type { ElementRange } from '../../core/tensor-chunks.js';
import type { SubtreeSum, Wire } from './gradient-store.js';
import { finishTree } from './slice-tree.js';
import type { PieceSums } from './sum-stream.js';

export interface Piece {
  /** Elements of the flat gradient. */
  readonly range: ElementRange;
  /** The sums of this worker, over the whole gradient. */
  readonly held: readonly SubtreeSum[];
  /** The sums of the others, over the piece. */
  readonly pulled: readonly PieceSums[];
}

/** @param gradient receives the mean over the examples. */
export function finishPiece(
  { range, held, pulled }: Piece,
  order: { readonly leafCount: number; readonly exampleCount: number },
  wire: Wire,
  gradient: SharedArrayBuffer,
): void {
  const sums = new Map(held.map(({ node, sum }) => [nodeKey(node), pieceOf(sum, range)]));
  for (const ofPeer of pulled) for (const [key, values] of ofPeer) sums.set(key, values);
  const mean = pieceOf(gradient, range);
  finishTree(sums, order.leafCount, order.exampleCount, mean);
  if (wire === 'bfloat16') roundToBfloat16(mean);
}

function pieceOf(values: SharedArrayBuffer, { offset, length }: ElementRange): Float32Array {
  return new Float32Array(values, offset * 4, length);
}

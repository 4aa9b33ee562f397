/** Finishing the canonical tree over one piece: from the subtree sums of all workers to the sum of the whole step. */
import { ProspectError } from '../../core/errors.js';
import { isEmpty, nodeKey, rootNode, type TreeNode } from '../../core/reduction-tree.js';
import { addInto, meanInto } from './mean-kernel.js';

/** A node's sum of the piece. */
export interface PieceSum {
  readonly values: Float32Array;
  /** False for the store's sums, which a step that is done again still needs. */
  readonly isScratch: boolean;
}

/**
 * Adds in the order of the tree, in scratch memory, and divides.
 * @param sums by node key: complete subtrees that together cover all leaves; of more than needed the largest are taken.
 * @param mean receives the whole sum over the divisor.
 */
export function finishTree(
  sums: ReadonlyMap<string, PieceSum>,
  leafCount: number,
  divisor: number,
  mean: Float32Array,
): void {
  /** A node's sum, or the two that it is the sum of. */
  const addendsOf = (node: TreeNode): [PieceSum] | [PieceSum, PieceSum] => {
    const held = sums.get(nodeKey(node));
    if (held) return [held];
    if (node.level === 0) throw new ProspectError('PROTOCOL', `no worker sent a sum that covers leaf ${node.index}`);
    const left = { level: node.level - 1, index: node.index * 2 };
    const right = { level: node.level - 1, index: node.index * 2 + 1 };
    return isEmpty(right, leafCount) ? addendsOf(left) : [sumOf(left), sumOf(right)];
  };
  const sumOf = (node: TreeNode): PieceSum => {
    const [left, right] = addendsOf(node);
    return right ? added(left, right) : left;
  };
  const [left, right] = addendsOf(rootNode(leafCount));
  if (right) meanInto(left.values, right.values, divisor, mean);
  else divide(left.values, divisor, mean);
}

function added(left: PieceSum, right: PieceSum): PieceSum {
  const target = [left, right].find((sum) => sum.isScratch)?.values ?? new Float32Array(left.values.length);
  addInto(left.values, right.values, target);
  return { values: target, isScratch: true };
}

function divide(sum: Float32Array, divisor: number, mean: Float32Array): void {
  for (let i = 0; i < mean.length; i++) mean[i] = sum[i]! / divisor;
}

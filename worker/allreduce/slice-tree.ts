/** Finishing the canonical tree over one slice: from the subtree sums of all workers to the sum of the whole step. */
import { ProspectError } from '../../core/errors.js';
import { isEmpty, nodeKey, rootNode, type TreeNode } from '../../core/reduction-tree.js';
import type { Compute } from '../compute/compute.js';

/** Where a node's sum of the slice lies. */
export interface SliceSum {
  readonly values: SharedArrayBuffer;
  /** First element of the slice in `values`. */
  readonly offset: number;
}

/**
 * Adds in place, right into left, in the order of the tree.
 * @param sums by node key: complete subtrees that together cover all leaves.
 * @param length elements of the slice.
 */
export async function finishTree(
  sums: ReadonlyMap<string, SliceSum>,
  leafCount: number,
  length: number,
  compute: Pick<Compute, 'add'>,
): Promise<SliceSum> {
  const sumOf = async (node: TreeNode): Promise<SliceSum> => {
    const held = sums.get(nodeKey(node));
    if (held) return held;
    if (node.level === 0) throw new ProspectError('PROTOCOL', `no worker sent a sum that covers leaf ${node.index}`);
    const left = { level: node.level - 1, index: node.index * 2 };
    const right = { level: node.level - 1, index: node.index * 2 + 1 };
    const sum = await sumOf(left);
    if (isEmpty(right, leafCount)) return sum;
    const addend = await sumOf(right);
    await compute.add({
      target: sum.values,
      targetOffset: sum.offset,
      source: addend.values,
      sourceOffset: addend.offset,
      length,
    });
    return sum;
  };
  return sumOf(rootNode(leafCount));
}

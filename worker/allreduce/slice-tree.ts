/** Finishing the canonical tree over one piece: from the subtree sums of all workers to the mean of the whole step. */
import { ProspectError } from '../../core/errors.js';
import { isEmpty, nodeKey, rootNode, type TreeNode } from '../../core/reduction-tree.js';
import { addNextSlot, BLOCK_ELEMENTS, divideFirstSlot, loadSlot } from './mean-kernel.js';

/** A post-order walk. A node's sum is made in slot `at`, its right child's in the next: slots are the walk's stack. */
interface Instruction {
  readonly at: number;
  /** What comes into the slot; undefined when the sum in the next slot is added to the one that is there. */
  readonly load: Float32Array | undefined;
}

/**
 * Adds in the order of the tree and divides, a block that fits the processor's cache at a time: each sum is read once,
 * however many there are, and the mean is written once.
 * @param sums by node key: complete subtrees that together cover all leaves; of more than needed the largest are taken.
 * They stay as they are.
 * @param divisor exact in float32.
 * @param mean receives the whole sum over the divisor.
 */
export function finishTree(
  sums: ReadonlyMap<string, Float32Array>,
  leafCount: number,
  divisor: number,
  mean: Float32Array,
): void {
  const walk = walkOf(sums, leafCount);
  for (let start = 0; start < mean.length; start += BLOCK_ELEMENTS) {
    const end = Math.min(mean.length, start + BLOCK_ELEMENTS);
    for (const { load, at } of walk) {
      if (load) loadSlot(at, load.subarray(start, end));
      else addNextSlot(at, end - start);
    }
    divideFirstSlot(divisor, mean.subarray(start, end));
  }
}

/** @throws PROTOCOL for leaves that no sum covers. */
function walkOf(sums: ReadonlyMap<string, Float32Array>, leafCount: number): Instruction[] {
  const walk: Instruction[] = [];
  const visit = (node: TreeNode, at: number): void => {
    const load = sums.get(nodeKey(node));
    if (load) {
      walk.push({ load, at });
      return;
    }
    if (node.level === 0) throw new ProspectError('PROTOCOL', `no worker sent a sum that covers leaf ${node.index}`);
    const right = { level: node.level - 1, index: node.index * 2 + 1 };
    visit({ level: node.level - 1, index: node.index * 2 }, at);
    if (isEmpty(right, leafCount)) return;
    visit(right, at + 1);
    walk.push({ load: undefined, at });
  };
  visit(rootNode(leafCount), 0);
  return walk;
}

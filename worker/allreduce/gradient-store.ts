/**
 * The gradients a worker holds for the step at hand: sums of complete subtrees of the canonical tree. Siblings are
 * added as soon as both are there, so that a worker keeps a few buffers and not one a microbatch.
 */
import { ProspectError } from '../../core/errors.js';
import {
  firstLeaf,
  isEmpty,
  nodeKey,
  parentOf,
  rootNode,
  siblingOf,
  type TreeNode,
} from '../../core/reduction-tree.js';
import type { Compute } from '../compute/compute.js';
import { type BufferPool, createBufferPool } from './buffer-pool.js';

export interface GradientStore {
  /** Elements of the flat gradient. */
  readonly length: number;
  readonly pool: BufferPool;
  /** Forgets the step before and starts an empty one. */
  begin(step: StepKey, leafCount: number): void;
  /** Takes over a leaf's gradient and adds what can be added. */
  addLeaf(leaf: number, gradient: SharedArrayBuffer): Promise<void>;
  /** The largest complete subtrees of the leaves added so far, left to right. */
  held(): SubtreeSum[];
  /** Throws PROTOCOL unless this is the step at hand. */
  expect(step: StepKey): void;
}

export interface SubtreeSum {
  readonly node: TreeNode;
  readonly sum: SharedArrayBuffer;
}

export interface StepKey {
  readonly generation: number;
  readonly step: number;
}

export function createGradientStore(length: number, compute: Pick<Compute, 'add'>): GradientStore {
  const pool = createBufferPool(length);
  const sums = new Map<string, SubtreeSum>();
  let current: StepKey = { generation: 0, step: 0 };
  let leafCount = 0;

  /** Adds siblings, right into left, for as long as the sibling is there or has no leaves. */
  const merge = async (start: TreeNode, gradient: SharedArrayBuffer): Promise<void> => {
    const root = rootNode(leafCount);
    let node = start;
    let sum = gradient;
    while (node.level < root.level) {
      const sibling = siblingOf(node);
      if (!isEmpty(sibling, leafCount)) {
        const other = sums.get(nodeKey(sibling));
        if (!other) break;
        sums.delete(nodeKey(sibling));
        const [left, right] = node.index < sibling.index ? [sum, other.sum] : [other.sum, sum];
        await compute.add({ target: left, targetOffset: 0, source: right, sourceOffset: 0, length });
        pool.give(right);
        sum = left;
      }
      node = parentOf(node);
    }
    sums.set(nodeKey(node), { node, sum });
  };

  return {
    length,
    pool,
    begin(step, leaves) {
      for (const { sum } of sums.values()) pool.give(sum);
      sums.clear();
      current = { generation: step.generation, step: step.step };
      leafCount = leaves;
    },
    addLeaf: (leaf, gradient) => merge({ level: 0, index: leaf }, gradient),
    held: () => [...sums.values()].sort((a, b) => firstLeaf(a.node) - firstLeaf(b.node)),
    expect(step) {
      if (step.generation === current.generation && step.step === current.step) return;
      const wanted = `generation ${step.generation}, step ${step.step}`;
      const held = `generation ${current.generation}, step ${current.step}`;
      throw new ProspectError('PROTOCOL', `gradients of ${wanted} were asked for, but this worker is at ${held}`);
    },
  };
}

/**
 * The gradients a worker holds for the step at hand: sums of complete subtrees of the canonical tree. Siblings are
 * added as soon as both are there, so that a worker keeps a few buffers and not one a microbatch. What is finished
 * outlives a change of the members.
 */
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
import { roundLeaf } from './round-leaf.js';
import { createStepClock } from './step-clock.js';

export interface GradientStore {
  /** Elements of the flat gradient. */
  readonly length: number;
  readonly pool: BufferPool;
  readonly wire: Wire;
  /** Takes a step on. Leaves of the same step and attempt are kept, whatever the generation; others are dropped. */
  begin(step: StepKey, leafCount: number, plan?: StepLeaves): void;
  /** Takes over a leaf's gradient and adds what can be added. */
  addLeaf(leaf: number, gradient: SharedArrayBuffer): Promise<void>;
  /** Sums of complete subtrees that together cover the leaves added so far, left to right. */
  held(): SubtreeSum[];
  /** Leaves added so far, ascending. */
  leaves(): number[];
  /** Drops these leaves where held. @returns the other leaves that were summed with them and are gone too. */
  discard(leaves: readonly number[]): number[];
  /** Throws PROTOCOL unless this is the step at hand. */
  expect(step: StepKey): void;
  /** Throws PROTOCOL when the step at hand is a later one. */
  expectNotOver(step: StepKey): void;
  /** Waits until this is the step at hand: a peer may hear of it first. Throws PROTOCOL when it is over. */
  arrival(step: StepKey): Promise<void>;
  /** Ends all waits, now and later. */
  fail(error: Error): void;
}

/** How elements cross the wire; bfloat16 rounds each leaf's gradient and the mean. */
export type Wire = 'float32' | 'bfloat16';

export interface SubtreeSum {
  readonly node: TreeNode;
  readonly sum: SharedArrayBuffer;
}

export interface StepKey {
  readonly generation: number;
  readonly step: number;
}

export interface StepLeaves {
  /** Tells the plans of one step apart: the same leaf number of another attempt has other rows. */
  readonly attempt?: number;
  /** Leaves that may have to be discarded: they are not added to others. */
  readonly unmerged?: readonly number[];
}

interface Held extends SubtreeSum {
  readonly leaves: readonly number[];
}

export function createGradientStore(
  length: number,
  compute: Pick<Compute, 'add'>,
  wire: Wire = 'float32',
): GradientStore {
  const pool = createBufferPool(length);
  const sums = new Map<string, Held>();
  const steps = createStepClock();
  let leafCount = 0;
  let attempt: number | undefined;
  let unmerged: ReadonlySet<number> = new Set();

  const drop = (held: Held): void => {
    sums.delete(nodeKey(held.node));
    pool.give(held.sum);
  };
  /** The sibling's sum, if it is there to be added. */
  const addend = (sibling: TreeNode): Held | undefined => {
    const held = sums.get(nodeKey(sibling));
    return held?.leaves.some((leaf) => unmerged.has(leaf)) ? undefined : held;
  };
  /** Adds siblings, right into left, for as long as the sibling is there or has no leaves. */
  const merge = async (start: Held): Promise<void> => {
    const root = rootNode(leafCount);
    let { node, sum, leaves } = start;
    while (node.level < root.level) {
      const sibling = siblingOf(node);
      if (!isEmpty(sibling, leafCount)) {
        const other = addend(sibling);
        if (!other) break;
        sums.delete(nodeKey(sibling));
        const [left, right] = node.index < sibling.index ? [sum, other.sum] : [other.sum, sum];
        await compute.add({ target: left, targetOffset: 0, source: right, sourceOffset: 0, length });
        pool.give(right);
        sum = left;
        leaves = [...leaves, ...other.leaves];
      }
      node = parentOf(node);
    }
    sums.set(nodeKey(node), { node, sum, leaves });
  };

  return {
    length,
    pool,
    wire,
    begin(step, count, plan = {}) {
      const isSame = step.step === steps.current().step && plan.attempt === attempt && count === leafCount;
      if (!isSame) for (const held of sums.values()) drop(held);
      attempt = plan.attempt;
      unmerged = new Set(plan.unmerged);
      leafCount = count;
      steps.begin(step);
    },
    async addLeaf(leaf, gradient) {
      if (wire === 'bfloat16') await roundLeaf(gradient);
      const held = { node: { level: 0, index: leaf }, sum: gradient, leaves: [leaf] };
      if (unmerged.has(leaf)) sums.set(nodeKey(held.node), held);
      else await merge(held);
    },
    held: () => [...sums.values()].sort((a, b) => firstLeaf(a.node) - firstLeaf(b.node)),
    leaves: () => [...sums.values()].flatMap((held) => held.leaves).sort((a, b) => a - b),
    discard(leaves) {
      const unwanted = new Set(leaves);
      const gone = [...sums.values()].filter((held) => held.leaves.some((leaf) => unwanted.has(leaf)));
      for (const held of gone) drop(held);
      return gone.flatMap((held) => held.leaves.filter((leaf) => !unwanted.has(leaf)));
    },
    expect: steps.expect,
    expectNotOver: steps.expectNotOver,
    arrival: steps.arrival,
    fail: steps.fail,
  };
}

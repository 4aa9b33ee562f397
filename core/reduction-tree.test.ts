import { describe, expect, it } from 'vitest';
import { firstLeaf, isEmpty, parentOf, rootNode, siblingOf, subtreesOf } from './reduction-tree.js';

/** Leaves below a node. */
function leavesOf(node: { level: number; index: number }, leafCount: number): number[] {
  const start = firstLeaf(node);
  const end = Math.min(leafCount, start + 2 ** node.level);
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
}

describe('the subtrees of a range', () => {
  it('cover each of its leaves once, in order, for every range of up to 17 leaves', () => {
    for (let leafCount = 1; leafCount <= 17; leafCount++) {
      for (let start = 0; start <= leafCount; start++) {
        for (let end = start; end <= leafCount; end++) {
          const leaves = subtreesOf({ start, end }, leafCount).flatMap((node) => leavesOf(node, leafCount));
          expect(leaves).toEqual(Array.from({ length: end - start }, (_, i) => start + i));
        }
      }
    }
  });

  it('are the root alone for the whole range', () => {
    for (const leafCount of [1, 2, 3, 5, 8, 13]) {
      expect(subtreesOf({ start: 0, end: leafCount }, leafCount)).toEqual([rootNode(leafCount)]);
    }
  });

  it('are never both halves of the same node', () => {
    const nodes = subtreesOf({ start: 1, end: 11 }, 12);
    const parents = nodes.map((node) => JSON.stringify(parentOf(node)));
    expect(new Set(parents).size).toBe(parents.length);
  });
});

describe('a node', () => {
  it('is empty when it lies beyond the last leaf', () => {
    expect(isEmpty({ level: 1, index: 1 }, 2)).toBe(true);
    expect(isEmpty({ level: 1, index: 1 }, 3)).toBe(false);
  });

  it('shares its parent with its sibling', () => {
    const node = { level: 2, index: 5 };
    expect(siblingOf(siblingOf(node))).toEqual(node);
    expect(parentOf(siblingOf(node))).toEqual(parentOf(node));
  });
});

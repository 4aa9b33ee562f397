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

describe('the subtrees of several ranges', () => {
  it('cover each leaf of the union once, in order, and are never both halves of a node, for every set of 9 leaves', () => {
    const leafCount = 9;
    for (let set = 0; set < 2 ** leafCount; set++) {
      const members = Array.from({ length: leafCount }, (_, leaf) => leaf).filter((leaf) => (set >> leaf) & 1);
      const ranges = members.map((leaf) => ({ start: leaf, end: leaf + 1 })).reverse();
      const nodes = subtreesOf(ranges, leafCount);
      expect(nodes.flatMap((node) => leavesOf(node, leafCount))).toEqual(members);
      expect(new Set(nodes.map((node) => JSON.stringify(parentOf(node)))).size).toBe(nodes.length);
    }
  });

  it('do not change when ranges overlap or are empty', () => {
    const ranges = [
      { start: 5, end: 9 },
      { start: 2, end: 2 },
      { start: 1, end: 6 },
    ];
    expect(subtreesOf(ranges, 12)).toEqual(subtreesOf({ start: 1, end: 9 }, 12));
    expect(subtreesOf([], 12)).toEqual([]);
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

/**
 * The canonical summation tree. Its leaves are the step's microbatches, numbered 0 … leafCount−1; node (level, index)
 * covers leaves [index·2^level, (index+1)·2^level). A node whose right half has no leaves is its left half.
 * Who computes a leaf never changes the tree, so the sum has the same bits on any number of workers.
 */

export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** Half-open range of leaf numbers. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The node that holds the whole sum. */
export function rootNode(leafCount: number): TreeNode {
  return { level: Math.ceil(Math.log2(Math.max(1, leafCount))), index: 0 };
}

export function parentOf(node: TreeNode): TreeNode {
  return { level: node.level + 1, index: node.index >> 1 };
}

export function siblingOf(node: TreeNode): TreeNode {
  return { level: node.level, index: node.index ^ 1 };
}

export function firstLeaf(node: TreeNode): number {
  return node.index * 2 ** node.level;
}

/** A node is empty when all its leaves lie beyond the last one. */
export function isEmpty(node: TreeNode, leafCount: number): boolean {
  return firstLeaf(node) >= leafCount;
}

export function nodeKey(node: TreeNode): string {
  return `${node.level}:${node.index}`;
}

/**
 * The largest complete subtrees inside a range of leaves, left to right: what a worker that computed the
 * range sends. At most 2·log2(leafCount) of them.
 */
export function subtreesOf(range: LeafRange, leafCount: number): TreeNode[] {
  const nodes: TreeNode[] = [];
  collect(rootNode(leafCount), range, leafCount, nodes);
  return nodes;
}

function collect(node: TreeNode, range: LeafRange, leafCount: number, into: TreeNode[]): void {
  const start = firstLeaf(node);
  const end = Math.min(leafCount, start + 2 ** node.level);
  if (start >= end || end <= range.start || start >= range.end) return;
  if (start >= range.start && end <= range.end) {
    into.push(node);
    return;
  }
  collect({ level: node.level - 1, index: node.index * 2 }, range, leafCount, into);
  collect({ level: node.level - 1, index: node.index * 2 + 1 }, range, leafCount, into);
}

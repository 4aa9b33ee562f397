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
 * The largest complete subtrees of a set of leaves, left to right: what a worker that computed them sends. For one
 * contiguous range at most 2·log2(leafCount) of them.
 * @param leaves a range, or a union of ranges in any order (a worker may have taken over leaves of a lost one).
 */
export function subtreesOf(leaves: LeafRange | readonly LeafRange[], leafCount: number): TreeNode[] {
  const nodes: TreeNode[] = [];
  collect(rootNode(leafCount), joined('start' in leaves ? [leaves] : leaves), leafCount, nodes);
  return nodes;
}

/** The same leaves as ranges that neither touch nor overlap. */
function joined(ranges: readonly LeafRange[]): LeafRange[] {
  const result: LeafRange[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (start >= end) continue;
    if (last && start <= last.end) result[result.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    else result.push({ start, end });
  }
  return result;
}

function collect(node: TreeNode, ranges: readonly LeafRange[], leafCount: number, into: TreeNode[]): void {
  const start = firstLeaf(node);
  const end = Math.min(leafCount, start + 2 ** node.level);
  const inside = ranges.filter((range) => start < range.end && range.start < end);
  if (start >= end || inside.length === 0) return;
  if (inside[0]!.start <= start && end <= inside[0]!.end) {
    into.push(node);
    return;
  }
  collect({ level: node.level - 1, index: node.index * 2 }, inside, leafCount, into);
  collect({ level: node.level - 1, index: node.index * 2 + 1 }, inside, leafCount, into);
}

/** Nested plain objects addressed by dotted paths: what a configuration is before it is checked. */

export type Tree = { [name: string]: unknown };

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path, or undefined. */
export function valueAt(tree: unknown, path: string): unknown {
  let at: unknown = tree;
  for (const name of path.split('.')) at = isTree(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return at;
}

/** A copy of the tree with one value set, and the sections on the way made where they are missing. */
export function withValue(tree: Tree, path: string, value: unknown): Tree {
  const [name, ...rest] = path.split('.');
  if (rest.length === 0) return { ...tree, [name!]: value };
  const section = tree[name!];
  return { ...tree, [name!]: withValue(isTree(section) ? section : {}, rest.join('.'), value) };
}

/** `over` on top of `under`: sections are merged, everything else is replaced. */
export function merged(under: Tree, over: Tree): Tree {
  const result: Tree = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = result[name];
    result[name] = isTree(value) && isTree(below) ? merged(below, value) : value;
  }
  return result;
}

/** A key without a value (`lora:` and nothing after it) counts as left out. */
export function withoutNulls(tree: Tree): Tree {
  const kept = Object.entries(tree).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(kept.map(([name, value]) => [name, isTree(value) ? withoutNulls(value) : value]));
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

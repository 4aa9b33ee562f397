/** Relative paths in a configuration: those in the file count from the file's folder, others from the working directory. */
import { resolve } from 'node:path';
import { type Tree, valueAt, withValue } from './tree.js';

const PATH_FIELDS = [
  'model',
  'output',
  'lora.from',
  'data.train',
  'data.heldOut',
  'control.tokenFile',
  'nats.credentials',
  'nats.tls.ca',
  'nats.tls.cert',
  'nats.tls.key',
];

/** A copy of the tree with its paths absolute; what is not a path (a held-out share, a mistake) stays as it is. */
export function withAbsolutePaths(tree: Tree, folder: string): Tree {
  let result = tree;
  for (const field of PATH_FIELDS) {
    const value = valueAt(tree, field);
    if (value !== undefined) result = withValue(result, field, absolute(value, folder));
  }
  return result;
}

function absolute(value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map((item) => absolute(item, folder));
  return typeof value === 'string' && value !== '' ? resolve(folder, value) : value;
}

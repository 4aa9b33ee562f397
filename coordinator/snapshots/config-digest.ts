/** One digest for a configuration, whatever the order of its fields. */
import { createHash } from 'node:crypto';
import { isTree } from '../../core/config/tree.js';

/** @returns SHA-256, hex. */
export function digestOfConfig(config: object): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(config)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (!isTree(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
}

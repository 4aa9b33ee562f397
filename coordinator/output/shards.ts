/** Which tensors go into which file: one file, or several with an index when a model is large. */
import { layoutOf, type Parameter } from '../../core/parameters.js';
import { DTYPE_BYTES } from '../../core/safetensors.js';

/** Hugging Face's limit for one file: 5 GB, decimal. */
export const MAX_SHARD_BYTES = 5_000_000_000;

export interface Shard {
  readonly file: string;
  readonly parameters: readonly Parameter[];
}

/** Fills shards in layout order; a tensor larger than the limit gets a file of its own. */
export function shardsOf(parameters: readonly Parameter[], maxBytes: number): Shard[] {
  const groups: Parameter[][] = [];
  let room = 0;
  for (const slot of layoutOf(parameters).slots) {
    const bytes = slot.length * DTYPE_BYTES.F32;
    const { name, shape, decayed } = slot;
    const last = groups.at(-1);
    if (last === undefined || bytes > room) {
      groups.push([{ name, shape, decayed }]);
      room = maxBytes - bytes;
    } else {
      last.push({ name, shape, decayed });
      room -= bytes;
    }
  }
  if (groups.length === 1) return [{ file: 'model.safetensors', parameters }];
  return groups.map((group, index) => ({ file: shardName(index, groups.length), parameters: group }));
}

/** The content of model.safetensors.index.json, as transformers reads it. */
export function shardIndex(shards: readonly Shard[]): object {
  const elements = shards.reduce((total, shard) => total + layoutOf(shard.parameters).length, 0);
  const files = shards.flatMap((shard) => shard.parameters.map((parameter) => [parameter.name, shard.file] as const));
  return { metadata: { total_size: elements * DTYPE_BYTES.F32 }, weight_map: Object.fromEntries(files) };
}

function shardName(index: number, count: number): string {
  const digits = (value: number) => String(value).padStart(5, '0');
  return `model-${digits(index + 1)}-of-${digits(count)}.safetensors`;
}

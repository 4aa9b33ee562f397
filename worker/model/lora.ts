/** Puts adapters on a decoder's linear layers: new ones, or one that is continued or applied. */
import type { RunConfig } from '../../core/config/schema.js';
import { ProspectError } from '../../core/errors.js';
import { randomFrom } from '../../core/order/mix.js';
import { type AdapterFolder, openAdapterFolder } from './adapter-folder.js';
import { adaptableLinears } from './build-decoder.js';
import type { Decoder } from './decoder.js';
import type { Adapter, Linear } from './layers/linear.js';
import { frozenWeight, type Weight } from './weights.js';

type LoraConfig = RunConfig['lora'];

/** Keeps the adapter's random numbers apart from all other draws of the seed. */
const ADAPTER_STREAM = 0x10fa;

/**
 * Adapters to train, as the configuration says.
 * @returns A and B of each layer, in the order of saved files.
 * @throws CONFIG_INVALID when a target is not a linear layer, or `lora.from` has another rank, alpha or targets.
 */
export function attachAdapters(decoder: Decoder, lora: LoraConfig, seed: number): Weight[] {
  const linears = targetsOf(adaptableLinears(decoder), lora.targets);
  if (lora.from !== undefined) return continueAdapter(linears, lora, openAdapterFolder(lora.from));
  return linears.flatMap((linear, index) => {
    const random = randomFrom(seed, ADAPTER_STREAM, index);
    return attach(linear, newAdapter(linear, lora.rank, lora.alpha / lora.rank, random));
  });
}

/** Applies a saved adapter, for generation, evaluation and merging. */
export function applyAdapter(decoder: Decoder, folder: string): void {
  const saved = openAdapterFolder(folder);
  const linears = targetsOf(adaptableLinears(decoder), saved.targets);
  for (const linear of linears) attach(linear, savedAdapter(linear, saved, false));
  saved.close();
}

function continueAdapter(linears: Linear[], lora: LoraConfig, saved: AdapterFolder): Weight[] {
  for (const field of ['rank', 'alpha'] as const) {
    if (saved[field] !== lora[field]) {
      throw new ProspectError(
        'CONFIG_INVALID',
        `lora.${field}: is ${lora[field]}, but the adapter in lora.from has ${saved[field]}. Set it to that.`,
      );
    }
  }
  const [wanted, present] = [linears.map(lastName), saved.targets].map((names) =>
    [...new Set(names)].sort().join(', '),
  );
  if (wanted !== present) {
    throw new ProspectError(
      'CONFIG_INVALID',
      `lora.targets: are ${wanted}, but the adapter in lora.from has ${present}. Set them to those.`,
    );
  }
  const weights = linears.flatMap((linear) => attach(linear, savedAdapter(linear, saved, true)));
  saved.close();
  return weights;
}

function attach(linear: Linear, adapter: Adapter): Weight[] {
  linear.adapter = adapter;
  return [adapter.a, adapter.b];
}

/** A uniform in ±1/√in (PEFT's Kaiming start), B zero: the policy starts as the reference. */
function newAdapter(linear: Linear, rank: number, scale: number, random: () => number): Adapter {
  const bound = 1 / Math.sqrt(linear.inSize);
  const values = Float32Array.from({ length: rank * linear.inSize }, () => (2 * random() - 1) * bound);
  const [nameA, nameB] = adapterNames(linear);
  return {
    a: frozenWeight(nameA, [rank, linear.inSize], values),
    b: frozenWeight(nameB, [linear.outSize, rank], new Float32Array(linear.outSize * rank)),
    scale,
  };
}

function savedAdapter(linear: Linear, saved: AdapterFolder, keepInitial: boolean): Adapter {
  const [nameA, nameB] = adapterNames(linear);
  const shapes = { a: [saved.rank, linear.inSize], b: [linear.outSize, saved.rank] };
  const read = () => ({
    a: frozenWeight(nameA, shapes.a, saved.read(nameA, shapes.a)),
    b: frozenWeight(nameB, shapes.b, saved.read(nameB, shapes.b)),
  });
  const adapter = { ...read(), scale: saved.alpha / saved.rank };
  if (!keepInitial) return adapter;
  // In memory of its own: the adapter's is written anew after each update.
  const { a, b } = read();
  return { ...adapter, initial: { a: a.tensor, b: b.tensor } };
}

/** PEFT's tensor names. */
function adapterNames({ name }: Linear): [string, string] {
  return [`base_model.model.${name}.lora_A.weight`, `base_model.model.${name}.lora_B.weight`];
}

function targetsOf(linears: Linear[], targets: LoraConfig['targets']): Linear[] {
  if (targets === 'all-linear') return linears;
  const known = [...new Set(linears.map(lastName))];
  const unknown = targets.filter((target) => !known.includes(target));
  if (unknown.length > 0) {
    throw new ProspectError(
      'CONFIG_INVALID',
      `lora.targets: ${unknown.join(', ')} is not a linear layer of this model. It has ${known.join(', ')}.`,
    );
  }
  return linears.filter((linear) => targets.includes(lastName(linear)));
}

function lastName({ name }: Linear): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Adapters and full models that Prospect saves, with trained weights from the parity data. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveTrained } from '../../coordinator/output/save-trained.js';
import { type RunConfig, RunConfigSchema } from '../../core/config/schema.js';
import type { Parameter } from '../../core/parameters.js';
import { openCheckpoint } from '../../worker/model/checkpoint.js';

const DATA = fileURLToPath(new URL('../parity/data/', import.meta.url));
/** Of the adapter that is made up here. */
const RANK = 4;

/** What Python loads: a base with an adapter, or a model alone. */
export interface SavedModel {
  readonly base: string;
  readonly adapter: string | null;
}

interface NamedValues extends Parameter {
  readonly values: Float32Array;
}

/** Saves the weights of `<case>/adapter-final` as an adapter of ours. */
export function saveAdapterOf(parityCase: string, alpha: number, output: string): Promise<SavedModel> {
  const config = configOf(parityCase, output, { method: 'lora', lora: { alpha } });
  const tensors = readAll(join(DATA, parityCase, 'adapter-final'), 'adapter_model.safetensors');
  return save(config, tensors);
}

/** Saves the weights of `<case>/model-final` as a full model of ours. */
export function saveModelOf(parityCase: string, output: string): Promise<SavedModel> {
  const config = configOf(parityCase, output, { method: 'full' });
  return save(config, readAll(join(DATA, parityCase, 'model-final'), 'model.safetensors'));
}

/** An adapter on every linear layer of GPT-2, whose weights lie transposed; no parity case has one. */
export function saveGpt2Adapter(output: string): Promise<SavedModel> {
  const layers: [name: string, inputs: number, outputs: number][] = [
    ['attn.c_attn', 48, 144],
    ['attn.c_proj', 48, 48],
    ['mlp.c_fc', 48, 192],
    ['mlp.c_proj', 192, 48],
  ];
  const tensors = [0, 1].flatMap((block) =>
    layers.flatMap(([layer, inputs, outputs]) => {
      const name = `base_model.model.transformer.h.${block}.${layer}`;
      return [
        { name: `${name}.lora_A.weight`, ...waves([RANK, inputs], block + inputs) },
        { name: `${name}.lora_B.weight`, ...waves([outputs, RANK], block + outputs) },
      ];
    }),
  );
  return save(configOf('gpt2-full', output, { method: 'lora', lora: { alpha: 8 } }), tensors);
}

async function save(config: RunConfig, tensors: readonly NamedValues[]): Promise<SavedModel> {
  async function* values(): AsyncGenerator<Float32Array> {
    for (const tensor of tensors) yield tensor.values;
  }
  const { folder } = await saveTrained({ config, parameters: tensors, values: values() });
  return config.method === 'lora' ? { base: config.model, adapter: folder } : { base: folder, adapter: null };
}

function configOf(parityCase: string, output: string, change: object): RunConfig {
  const model = join(DATA, parityCase, 'model');
  return RunConfigSchema.parse({ model, output, data: { train: 'feedback.jsonl' }, ...change });
}

function readAll(folder: string, file: string): NamedValues[] {
  const checkpoint = openCheckpoint(folder, file);
  const tensors = checkpoint.names.map((name) => {
    const shape = checkpoint.shapeOf(name) ?? [];
    return { name, shape, decayed: true, values: checkpoint.read(name, shape) };
  });
  checkpoint.close();
  return tensors;
}

/** Values that differ everywhere and are the same in every run. */
function waves(shape: readonly number[], phase: number): Omit<NamedValues, 'name'> {
  const length = shape.reduce((product, side) => product * side, 1);
  return { shape, decayed: true, values: Float32Array.from({ length }, (_, i) => 0.1 * Math.sin(1.7 * i + phase)) };
}

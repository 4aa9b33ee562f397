/** An adapter in PEFT's layout (adapter_config.json, adapter_model.safetensors), as Python's peft loads it. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProspectError } from '../../core/errors.js';
import type { Parameter } from '../../core/parameters.js';
import { readPieces } from './piece-reader.js';
import { asJson, readJsonObject } from './save-model.js';
import { writeWholeFolder } from './whole-folder.js';
import { writeSafetensors } from './write-safetensors.js';

/** `….q_proj.lora_A.weight` [rank, in]: the layer's own name and the factor. */
const FACTOR_NAME = /([^.]+)\.lora_A\.weight$/;

export interface AdapterFiles {
  /** Folder of the base model. */
  readonly baseFolder: string;
  readonly alpha: number;
  /** Under their PEFT names. */
  readonly parameters: readonly Parameter[];
  /** Consecutive pieces of the flat array. */
  readonly values: AsyncIterable<Float32Array>;
}

export interface SaveAdapterRequest extends AdapterFiles {
  /** Folder that results. */
  readonly folder: string;
}

/** @returns SHA-256 (hex) of adapter_model.safetensors. */
export function saveAdapter({ folder, ...files }: SaveAdapterRequest): Promise<{ sha256: string }> {
  return writeWholeFolder(folder, (temporary) => writeAdapterFiles(temporary, files));
}

/** @returns SHA-256 (hex) of adapter_model.safetensors. */
export async function writeAdapterFiles(folder: string, files: AdapterFiles): Promise<{ sha256: string }> {
  const { baseFolder, alpha, parameters } = files;
  const { model_type: family } = await readJsonObject(join(baseFolder, 'config.json'));
  const config = adapterConfig({ baseFolder, alpha, parameters, transposed: family === 'gpt2' });
  await writeFile(join(folder, 'adapter_config.json'), asJson(config));
  const values = readPieces(files.values);
  const digest = createHash('sha256');
  await writeSafetensors({ path: join(folder, 'adapter_model.safetensors'), parameters, values, digest });
  await values.finish();
  return { sha256: digest.digest('hex') };
}

/**
 * The fields that peft's LoraConfig needs or that differ from what it assumes; those it does not find it fills in.
 * @param transposed the base stores its linear layers as [in, out] (GPT-2's Conv1D).
 */
export function adapterConfig(adapter: {
  readonly baseFolder: string;
  readonly alpha: number;
  readonly parameters: readonly Parameter[];
  readonly transposed: boolean;
}): object {
  const factors = adapter.parameters.flatMap(({ name, shape }) => {
    const target = FACTOR_NAME.exec(name)?.[1];
    return target === undefined ? [] : [{ target, rank: shape[0] }];
  });
  const ranks = new Set(factors.map((factor) => factor.rank));
  if (ranks.size !== 1) {
    throw new ProspectError('INTERNAL', `An adapter has one rank, these have: ${[...ranks].join(', ') || 'none'}`);
  }
  return {
    base_model_name_or_path: adapter.baseFolder,
    bias: 'none',
    fan_in_fan_out: adapter.transposed,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: adapter.alpha,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: 'LORA',
    r: [...ranks][0],
    rank_pattern: {},
    alpha_pattern: {},
    target_modules: [...new Set(factors.map((factor) => factor.target))].sort(),
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: false,
  };
}

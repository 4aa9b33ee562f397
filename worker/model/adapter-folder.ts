/** A saved adapter in PEFT's layout: adapter_config.json and adapter_model.safetensors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ProspectError } from '../../core/errors.js';
import { openCheckpoint } from './checkpoint.js';

export interface AdapterFolder {
  readonly rank: number;
  readonly alpha: number;
  /** Last parts of the adapted layers' names. */
  readonly targets: string[];
  read(name: string, shape: readonly number[]): Float32Array;
  close(): void;
}

/** Variants of LoRA that change the math are refused rather than read wrongly. */
const AdapterConfigSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  target_modules: z.array(z.string()),
  bias: z.literal('none').default('none'),
  use_dora: z.literal(false).default(false),
  use_rslora: z.literal(false).default(false),
  rank_pattern: z.record(z.string(), z.never()).default({}),
  alpha_pattern: z.record(z.string(), z.never()).default({}),
  modules_to_save: z.null().default(null),
});

/** @throws MODEL_INVALID when a file is missing or broken, or the adapter is of another kind than plain LoRA. */
export function openAdapterFolder(folder: string): AdapterFolder {
  const file = join(folder, 'adapter_config.json');
  const parsed = AdapterConfigSchema.safeParse(readJson(file));
  if (!parsed.success) {
    throw new ProspectError('MODEL_INVALID', `${file} is not a plain LoRA adapter:\n${z.prettifyError(parsed.error)}`);
  }
  const { r: rank, lora_alpha: alpha, target_modules: modules } = parsed.data;
  const { read, close } = openCheckpoint(folder, 'adapter_model.safetensors');
  return { rank, alpha, targets: modules.map((name) => name.slice(name.lastIndexOf('.') + 1)), read, close };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const message = (cause as Error).message;
    throw new ProspectError(
      'MODEL_INVALID',
      `${file} cannot be read (${message}). An adapter is a folder in PEFT's layout.`,
      { cause },
    );
  }
}

/** From a model folder's config.json to a DecoderSpec. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ProspectError } from '../../../core/errors.js';
import type { DecoderSpec } from '../spec.js';
import { Gpt2ConfigSchema, gpt2Spec } from './gpt2.js';
import { LlamaConfigSchema, llamaSpec } from './llama.js';

export const SUPPORTED_FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3', 'gpt2'] as const;

/**
 * @throws MODEL_INVALID when config.json is missing, broken or of a family that is not supported.
 */
export async function readSpec(folder: string): Promise<DecoderSpec> {
  const file = join(folder, 'config.json');
  const raw = await readJson(file);
  const family = z.looseObject({ model_type: z.string() }).safeParse(raw);
  if (!family.success)
    throw new ProspectError(
      'MODEL_INVALID',
      `${file} has no model_type. It must be a Hugging Face model's config.json.`,
    );
  const spec =
    family.data.model_type === 'gpt2'
      ? gpt2Spec(check(Gpt2ConfigSchema, raw, file), file)
      : llamaLike(family.data.model_type, raw, file);
  if (!Number.isInteger(spec.headSize) || spec.headCount % spec.keyValueHeadCount !== 0) {
    throw new ProspectError(
      'MODEL_INVALID',
      `${file}: ${spec.headCount} heads do not divide the hidden size or do not share ${spec.keyValueHeadCount} key-value heads evenly.`,
    );
  }
  return spec;
}

function llamaLike(family: string, raw: unknown, file: string): DecoderSpec {
  if (!(SUPPORTED_FAMILIES as readonly string[]).includes(family)) {
    throw new ProspectError(
      'MODEL_INVALID',
      `${file}: model_type ${family} is not supported. Supported are ${SUPPORTED_FAMILIES.join(', ')}.`,
    );
  }
  return llamaSpec(check(LlamaConfigSchema, raw, file), file);
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new ProspectError(
      'MODEL_INVALID',
      `${file} cannot be read (${(cause as Error).message}). model must be a Hugging Face folder.`,
      { cause },
    );
  }
}

function check<Schema extends z.ZodType>(schema: Schema, raw: unknown, file: string): z.output<Schema> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new ProspectError('MODEL_INVALID', `${file} is not usable:\n${z.prettifyError(parsed.error)}`);
}

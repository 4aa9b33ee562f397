/** A full model as a Hugging Face folder that transformers (and we) load: weights, configuration, tokenizer. */
import { createHash } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import type { Parameter } from '../../core/parameters.js';
import { readPieces } from './piece-reader.js';
import { MAX_SHARD_BYTES, shardIndex, shardsOf } from './shards.js';
import { writeWholeFolder } from './whole-folder.js';
import { writeSafetensors } from './write-safetensors.js';

/** Copied as they are where the base model has them: everything about generation and text. */
const COPIED_FILES = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'chat_template.jinja',
  'chat_template.json',
];

export interface SaveModelRequest {
  /** Folder of the model that was trained: configuration and tokenizer come from it. */
  readonly baseFolder: string;
  /** Folder that results. */
  readonly folder: string;
  readonly parameters: readonly Parameter[];
  /** Consecutive pieces of the flat array. */
  readonly values: AsyncIterable<Float32Array>;
  readonly maxShardBytes?: number;
}

/** @returns SHA-256 (hex) of the weights' file, or of all shards' bytes one after the other. */
export function saveModel(request: SaveModelRequest): Promise<{ sha256: string }> {
  const { baseFolder, folder, parameters, maxShardBytes = MAX_SHARD_BYTES } = request;
  return writeWholeFolder(folder, async (temporary) => {
    await writeFile(join(temporary, 'config.json'), await float32Config(baseFolder));
    for (const file of COPIED_FILES) await copyIfThere(join(baseFolder, file), join(temporary, file));
    const values = readPieces(request.values);
    const digest = createHash('sha256');
    const shards = shardsOf(parameters, maxShardBytes);
    for (const shard of shards) {
      await writeSafetensors({ path: join(temporary, shard.file), parameters: shard.parameters, values, digest });
    }
    await values.finish();
    if (shards.length > 1) {
      await writeFile(join(temporary, 'model.safetensors.index.json'), asJson(shardIndex(shards)));
    }
    return { sha256: digest.digest('hex') };
  });
}

/** The base model's configuration with the type that the weights now have; `torch_dtype` is its older name. */
async function float32Config(baseFolder: string): Promise<string> {
  const { torch_dtype: _, ...config } = await readJsonObject(join(baseFolder, 'config.json'));
  return asJson({ ...config, dtype: 'float32' });
}

/** @throws MODEL_INVALID when the file is missing or no JSON object. */
export async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new ProspectError('MODEL_INVALID', `Can't read ${path}: ${(cause as Error).message}`, { cause });
  }
  throw new ProspectError('MODEL_INVALID', `${path} must hold a JSON object`);
}

export function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (cause) {
    if (!(isErrnoError(cause) && cause.code === 'ENOENT')) throw cause;
  }
}

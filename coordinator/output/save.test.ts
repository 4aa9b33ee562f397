import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunConfigSchema } from '../../core/config/schema.js';
import { layoutOf, type Parameter } from '../../core/parameters.js';
import { headerLength, parseHeader } from '../../core/safetensors.js';
import { saveModel } from './save-model.js';
import { saveTrained } from './save-trained.js';

const DATA = fileURLToPath(new URL('../../test/parity/data/', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-output-'));
});
afterEach(() => rm(folder, { recursive: true }));

const MATRICES: Parameter[] = [
  { name: 'a.weight', shape: [3, 4], decayed: true },
  { name: 'b.bias', shape: [5], decayed: false },
  { name: 'c.weight', shape: [2, 2], decayed: true },
];

function adapterParameters(layers: readonly string[], rank: number): Parameter[] {
  return layers.flatMap((layer) => [
    { name: `base_model.model.${layer}.lora_A.weight`, shape: [rank, 6], decayed: true },
    { name: `base_model.model.${layer}.lora_B.weight`, shape: [7, rank], decayed: true },
  ]);
}

/** Elements 0, 1, 2 … in pieces that fit no tensor's end. */
async function* countedPieces(length: number, pieceLength = 7): AsyncGenerator<Float32Array> {
  const all = Float32Array.from({ length }, (_, i) => i);
  for (let start = 0; start < length; start += pieceLength) yield all.subarray(start, start + pieceLength);
}

function configOf(change: object) {
  const base = { model: join(DATA, 'llama-full/model'), output: folder, data: { train: 'rows.jsonl' } };
  return RunConfigSchema.parse({ ...base, ...change });
}

/** Tensor name to its values, from a file on disk. */
async function readTensors(path: string): Promise<Record<string, number[]>> {
  const bytes = await readFile(path);
  const length = headerLength(bytes.subarray(0, 8), bytes.length, path);
  const entries = parseHeader(bytes.subarray(8, 8 + length), bytes.length, path);
  const read = ({ name, start, end }: (typeof entries)[number]) =>
    [name, Array.from(new Float32Array(new Uint8Array(bytes.subarray(start, end)).buffer))] as const;
  return Object.fromEntries(entries.map(read));
}

async function readJson(...path: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(...path), 'utf8'));
}

async function sha256Of(...paths: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(await readFile(path));
  return hash.digest('hex');
}

test('an adapter has the layout, targets, rank and alpha that peft reads', async () => {
  const parameters = adapterParameters(['model.layers.0.self_attn.v_proj', 'model.layers.0.self_attn.q_proj'], 4);
  const config = configOf({ lora: { rank: 4, alpha: 8 } });
  const saved = await saveTrained({ config, parameters, values: countedPieces(layoutOf(parameters).length) });
  expect(saved.folder).toBe(join(folder, 'adapter'));
  expect(await readJson(saved.folder, 'adapter_config.json')).toMatchObject({
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    r: 4,
    lora_alpha: 8,
    target_modules: ['q_proj', 'v_proj'],
    base_model_name_or_path: config.model,
    fan_in_fan_out: false,
    bias: 'none',
  });
  const file = join(saved.folder, 'adapter_model.safetensors');
  expect(saved.sha256).toBe(await sha256Of(file));
  const tensors = await readTensors(file);
  expect(Object.keys(tensors)).toEqual(parameters.map((parameter) => parameter.name));
  expect(Object.values(tensors).flat()).toEqual([...Array(layoutOf(parameters).length).keys()]);
  expect(await readdir(folder)).toEqual(['adapter']);
});

test('an adapter of GPT-2, whose weights lie transposed, says so', async () => {
  const parameters = adapterParameters(['transformer.h.0.attn.c_attn'], 4);
  const config = configOf({ model: join(DATA, 'gpt2-full/model') });
  const saved = await saveTrained({ config, parameters, values: countedPieces(layoutOf(parameters).length) });
  const written = await readJson(saved.folder, 'adapter_config.json');
  expect(written).toMatchObject({ lora_alpha: 32, r: 4, fan_in_fan_out: true, target_modules: ['c_attn'] });
});

test('a full model is a Hugging Face folder with the base model’s tokenizer and the new type', async () => {
  const config = configOf({ method: 'full' });
  const saved = await saveTrained({ config, parameters: MATRICES, values: countedPieces(21) });
  const base = await readJson(config.model, 'config.json');
  expect(await readJson(saved.folder, 'config.json')).toEqual({ ...base, dtype: 'float32' });
  expect((await readdir(saved.folder)).sort()).toEqual((await readdir(config.model)).sort());
  expect(await readTensors(join(saved.folder, 'model.safetensors'))).toMatchObject({ 'c.weight': [17, 18, 19, 20] });
  expect(saved.sha256).toBe(await sha256Of(join(saved.folder, 'model.safetensors')));
});

test('a large model is cut into shards with an index', async () => {
  const request = { baseFolder: join(DATA, 'llama-full/model'), folder: join(folder, 'model'), parameters: MATRICES };
  const { sha256 } = await saveModel({ ...request, values: countedPieces(21), maxShardBytes: 40 });
  const files = [1, 2].map((number) => `model-0000${number}-of-00002.safetensors`);
  const paths = files.map((file) => join(folder, 'model', file));
  expect(await readJson(folder, 'model', 'model.safetensors.index.json')).toEqual({
    metadata: { total_size: 84 },
    weight_map: { 'a.weight': files[0], 'b.bias': files[1], 'c.weight': files[1] },
  });
  expect(Object.values(await readTensors(paths[1] ?? '')).flat()).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
  expect(sha256).toBe(await sha256Of(...paths));
});

test('a new result replaces the older one whole', async () => {
  await mkdir(join(folder, 'model'));
  await writeFile(join(folder, 'model', 'leftover'), 'old');
  const saved = await saveTrained({
    config: configOf({ method: 'full' }),
    parameters: MATRICES,
    values: countedPieces(21),
  });
  expect(await readdir(saved.folder)).not.toContain('leftover');
  expect(await readdir(folder)).toEqual(['model']);
});

test('values that break off or go on too long leave the older result and nothing else', async () => {
  await mkdir(join(folder, 'model'));
  await writeFile(join(folder, 'model', 'leftover'), 'old');
  for (const length of [20, 22]) {
    const request = { config: configOf({ method: 'full' }), parameters: MATRICES, values: countedPieces(length) };
    await expect(saveTrained(request)).rejects.toMatchObject({ code: 'INTERNAL' });
  }
  expect(await readdir(folder)).toEqual(['model']);
  expect(await readdir(join(folder, 'model'))).toEqual(['leftover']);
});

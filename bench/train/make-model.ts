/** Writes a model folder of a shape: random weights, the quickstart's tokenizer, the configuration. Whole or not at all. */
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomFrom } from '../../core/order/mix.js';
import { buildHeader } from '../../core/safetensors.js';
import { normal } from '../../examples/quickstart/corpus/random.js';
import { type LlamaSizes, llamaTensors } from '../../examples/quickstart/initial-weights.js';
import { BASE_FOLDER } from '../../examples/quickstart/paths.js';
import { SPECIAL_TOKENS, tokenizerConfig } from '../../examples/quickstart/tokenizer/tokenizer-files.js';
import { removingAfter } from './unfinished-folder.js';

const SEED = 1;
const MAX_POSITIONS = 2048;

/** Does nothing when the folder is there. */
export async function makeModel(folder: string, sizes: LlamaSizes): Promise<void> {
  await makeFolder(folder, async (unfinished) => {
    await writeWeights(join(unfinished, 'model.safetensors'), sizes);
    await writeFile(join(unfinished, 'config.json'), json(configOf(sizes)));
    await writeFile(join(unfinished, 'tokenizer.json'), await readFile(join(BASE_FOLDER, 'tokenizer.json')));
    const tokenizer = { ...tokenizerConfig(), model_max_length: MAX_POSITIONS };
    await writeFile(join(unfinished, 'tokenizer_config.json'), json(tokenizer));
  });
}

/** Fills a folder under another name, and gives it its own when all is there. */
async function makeFolder(folder: string, fill: (unfinished: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.unfinished-${process.pid}`;
  await mkdir(dirname(folder), { recursive: true });
  await removingAfter(unfinished, async () => {
    await mkdir(unfinished);
    await fill(unfinished);
    await rename(unfinished, folder);
  });
}

/** One tensor at a time: the larger model would not fit twice everywhere. */
async function writeWeights(path: string, sizes: LlamaSizes): Promise<void> {
  const tensors = llamaTensors(sizes);
  const file = await open(path, 'w');
  try {
    await writeAll(file, buildHeader(tensors));
    for (const [index, { shape }] of tensors.entries()) {
      await writeAll(file, new Uint8Array(weights(shape, sizes.initializer_range, index).buffer));
    }
  } finally {
    await file.close();
  }
}

/** Matrices are normally distributed, norms are ones. */
function weights(shape: readonly number[], deviation: number, index: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1)).fill(1);
  if (shape.length === 1) return values;
  const random = randomFrom(SEED, index);
  for (let i = 0; i < values.length; i++) values[i] = deviation * normal(random);
  return values;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}

function configOf(sizes: LlamaSizes): object {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    ...sizes,
    max_position_embeddings: MAX_POSITIONS,
    hidden_act: 'silu',
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    attention_bias: false,
    attention_dropout: 0,
    mlp_bias: false,
    tie_word_embeddings: true,
    bos_token_id: null,
    eos_token_id: SPECIAL_TOKENS.indexOf('<|im_end|>'),
    pad_token_id: SPECIAL_TOKENS.indexOf('<|pad|>'),
    dtype: 'float32',
  };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

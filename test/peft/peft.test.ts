/** What we save is what Python's peft and transformers load: the same logits from the same files. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openModel } from '../../worker/model/open-model.js';
import { missingPython, PYTHON } from './python.js';
import { type SavedModel, saveAdapterOf, saveGpt2Adapter, saveModelOf } from './saved-models.js';

const COMPARE = fileURLToPath(new URL('./compare.py', import.meta.url));
const PROMPTS = 20;
/** Largest absolute difference of a logit, float32 on both sides. */
const TOLERANCE = 1e-4;
/** Loading torch, transformers and peft on a busy machine. */
const PYTHON_TIMEOUT_MS = 180_000;

interface Comparison {
  readonly largestDifference: number;
  readonly adapterEffect: number | null;
  readonly prompts: number;
  readonly versions: string;
}

const CASES: [title: string, save: (output: string) => Promise<SavedModel>][] = [
  ['a Llama adapter on all linear layers', (output) => saveAdapterOf('llama-lora', 8, output)],
  ['a Qwen2 adapter on q and v', (output) => saveAdapterOf('qwen2-lora-chat', 16, output)],
  ['a Qwen3 adapter', (output) => saveAdapterOf('qwen3-lora', 4, output)],
  ['a GPT-2 adapter', saveGpt2Adapter],
  ['a full Llama', (output) => saveModelOf('llama-full', output)],
  ['a full Qwen2 with tied head', (output) => saveModelOf('qwen2-full-weighted', output)],
  ['a full GPT-2', (output) => saveModelOf('gpt2-full', output)],
];

const missing = missingPython("comparison with Python's peft");

describe.skipIf(missing !== undefined)('Python computes the same logits from', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'prospect-peft-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(CASES)(
    '%s',
    async (title, save) => {
      const output = join(folder, title.replaceAll(' ', '-'));
      const saved = await save(output);
      const comparison = compare(saved, join(output, 'logits'), await ourLogits(saved));
      console.log(`${title}: largest difference ${comparison.largestDifference} (${comparison.versions})`);
      expect(comparison.prompts).toBe(PROMPTS);
      expect(comparison.largestDifference).toBeLessThan(TOLERANCE);
      if (saved.adapter !== null) expect(comparison.adapterEffect).toBeGreaterThan(100 * TOLERANCE);
    },
    PYTHON_TIMEOUT_MS,
  );
});

/** Token ids that any vocabulary of the parity models has, of 1 to 39 tokens. */
function promptIds(): Uint32Array[] {
  return Array.from({ length: PROMPTS }, (_, prompt) =>
    Uint32Array.from({ length: 1 + 2 * prompt }, (_, i) => 4 + ((prompt * 131 + i * i * 17 + i * 29) % 490)),
  );
}

async function ourLogits({ base, adapter }: SavedModel): Promise<Float32Array[]> {
  const choice = adapter === null ? {} : { adapter };
  const model = await openModel({ folder: base, ...choice, engine: 'wasm', threads: 1 });
  try {
    return promptIds().flatMap((ids) => model.logits(ids));
  } finally {
    model.dispose();
  }
}

function compare(saved: SavedModel, logitsFile: string, logits: readonly Float32Array[]): Comparison {
  writeFileSync(
    logitsFile,
    Buffer.concat(logits.map((row) => new Uint8Array(row.buffer, row.byteOffset, row.byteLength))),
  );
  const request = { ...saved, prompts: promptIds().map((ids) => [...ids]), logits: logitsFile };
  writeFileSync(`${logitsFile}.json`, JSON.stringify(request));
  const result = spawnSync(PYTHON, [COMPARE, `${logitsFile}.json`], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`compare.py failed: ${result.stderr}`);
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '');
}

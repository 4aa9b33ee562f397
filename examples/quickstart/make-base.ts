/**
 * Makes the base model: random weights, then the project's own training with the sft loss (`sft.yaml`) on what make-data wrote.
 * Run from dist; see the README.
 */

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { initialWeights, type LlamaSizes } from './initial-weights.js';
import { BASE_FOLDER, EXAMPLE_FOLDER, OUTPUT_FOLDER } from './paths.js';
import { runProspect } from './run-prospect.js';

const SEED = 3;
const START_FOLDER = join(OUTPUT_FOLDER, 'start');
const WEIGHTS = 'model.safetensors';
const OTHER_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
];

process.exitCode = await makeBase();

async function makeBase(): Promise<number> {
  mkdirSync(START_FOLDER, { recursive: true });
  for (const file of OTHER_FILES) copyFileSync(join(BASE_FOLDER, file), join(START_FOLDER, file));
  const sizes = JSON.parse(readFileSync(join(BASE_FOLDER, 'config.json'), 'utf8')) as LlamaSizes;
  writeFileSync(join(START_FOLDER, WEIGHTS), initialWeights(sizes, SEED));
  const code = await runProspect(['train', join(EXAMPLE_FOLDER, 'sft.yaml'), ...process.argv.slice(2)]);
  if (code !== 0) return code;
  copyFileSync(join(OUTPUT_FOLDER, 'base', 'model', WEIGHTS), join(BASE_FOLDER, WEIGHTS));
  console.log(`The base model lies in ${BASE_FOLDER}.`);
  return 0;
}

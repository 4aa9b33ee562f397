/**
 * Writes the example's rows: `data/sft.jsonl` for the base model (both styles for every prompt), `feedback.jsonl` for KTO, and two
 * held-out files. No prompt occurs in two of them. Run from dist; see the README.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFrom } from '../../core/order/mix.js';
import { pick, type Random, shuffled } from './corpus/random.js';
import { answer, type Situation, type Style, situations } from './corpus.js';
import { DATA_FOLDER, EXAMPLE_FOLDER } from './paths.js';

const SEED = 11;
const SFT_PROMPTS = 3000;
const FEEDBACK_ROWS = 400;
/** The share of feedback whose thumb points the wrong way, as people's do now and then. */
const NOISE = 0.03;
const HELD_OUT_ROWS = 80;
const HELD_OUT_PROMPTS = 60;
const STYLES: readonly Style[] = ['polite', 'brushOff'];

interface Row {
  readonly prompt: string;
  readonly completion: string;
  readonly label: boolean;
}

const random = randomFrom(SEED);
const all = situations(random, SFT_PROMPTS + FEEDBACK_ROWS + HELD_OUT_ROWS + HELD_OUT_PROMPTS);
const next = (count: number) => all.splice(0, count);

mkdirSync(DATA_FOLDER, { recursive: true });
write(join(DATA_FOLDER, 'sft.jsonl'), shuffled(random, next(SFT_PROMPTS).flatMap(bothStyles)));
write(
  join(EXAMPLE_FOLDER, 'feedback.jsonl'),
  next(FEEDBACK_ROWS).map((one) => thumb(random, one, NOISE)),
);
write(
  join(EXAMPLE_FOLDER, 'held-out.jsonl'),
  next(HELD_OUT_ROWS).map((one) => thumb(random, one, 0)),
);
write(
  join(EXAMPLE_FOLDER, 'held-out-prompts.jsonl'),
  next(HELD_OUT_PROMPTS).map(({ prompt }) => ({ prompt })),
);

/** The base model sees either style after every prompt and so learns to answer in each half of the time. */
function bothStyles(one: Situation): Row[] {
  return STYLES.map((style) => ({ prompt: one.prompt, completion: answer(random, one, style), label: true }));
}

/** One answer with a thumb: up for polite ones, down for brush-offs, the other way round for the share `noise`. */
function thumb(random: Random, one: Situation, noise: number): Row {
  const style = pick(random, STYLES);
  const mistaken = random() < noise;
  return { prompt: one.prompt, completion: answer(random, one, style), label: (style === 'polite') !== mistaken };
}

function write(file: string, rows: readonly object[]): void {
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  console.log(`${rows.length} rows written to ${file}`);
}

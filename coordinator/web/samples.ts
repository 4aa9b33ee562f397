/** Answers to fixed prompts, as they lie in a run's folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readLines } from '../dataset/jsonl.js';

/** In a run's output folder; a line a snapshot. */
export const SAMPLES_FILE = 'samples.jsonl';

/** A page shows the newest ones. */
const MOST_SAMPLES = 100;

/** Of this run, oldest first. */
export async function readSamples(output: string, run: string): Promise<unknown[]> {
  const path = join(output, SAMPLES_FILE);
  const samples: unknown[] = [];
  if (!existsSync(path)) return samples;
  for await (const { text } of readLines(path)) {
    // The last line may be half written.
    if (!text.endsWith('}')) continue;
    const sample = JSON.parse(text) as { run: string };
    if (sample.run === run) samples.push(sample);
  }
  return samples.slice(-MOST_SAMPLES);
}

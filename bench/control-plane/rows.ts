/** A small dataset of short rows, all of much the same length, and the configuration that gives each worker a row. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunConfig, RunConfigSchema } from '../../core/config/schema.js';
import { modelFolder } from '../../test/support/parity-data.js';
import type { Setting } from './messages.js';

const FEWEST_ROWS_OF_A_STEP = 8;
const STEPS_OF_AN_EPOCH = 4;

/** @param folder for the rows and the run's output. */
export async function prepareRun(folder: string, { workers, warmUpSteps, steps }: Setting): Promise<RunConfig> {
  const globalBatch = Math.max(FEWEST_ROWS_OF_A_STEP, workers);
  const train = join(folder, 'rows.jsonl');
  await writeFile(train, rowLines(globalBatch * STEPS_OF_AN_EPOCH));
  const maxSteps = warmUpSteps + steps + 1;
  const config = RunConfigSchema.parse({
    model: modelFolder('llama-lora'),
    output: join(folder, 'out'),
    data: { train },
    training: { globalBatch, microbatchRows: 1, maxSteps, epochs: maxSteps },
  });
  // More than a configuration may ask for: the curve goes on beyond that.
  return { ...config, workers: { start: workers, min: workers, max: workers, waitSeconds: 600 } };
}

function rowLines(count: number): string {
  return Array.from({ length: count }, (_, row) => {
    const fields = { prompt: `Item ${1000 + row}?`, completion: `See page ${1000 + row}.`, label: row % 3 > 0 };
    return `${JSON.stringify(fields)}\n`;
  }).join('');
}

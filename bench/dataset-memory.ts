/**
 * How much memory a large dataset takes: makes rows, opens them as a run does, and walks one epoch of batches with
 * their mismatched pairs. `node dist/bench/dataset-memory.js [ROWS] [MODEL_FOLDER]`; 1,000,000 rows must stay under 1 GiB.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FeedbackRows } from '../coordinator/dataset/dataset.js';
import { openDataset } from '../coordinator/dataset/open-dataset.js';
import { RunConfigSchema } from '../core/config/schema.js';
import { batchRows, stepsPerEpoch } from '../core/order/batches.js';
import { hashIntegers } from '../core/order/mix.js';
import { pairRows } from '../core/order/pairing.js';

const SEED = 42;
const GLOBAL_BATCH = 32;

const rowCount = Number(process.argv[2] ?? 1_000_000);
const model = process.argv[3] ?? 'test/parity/data/llama-full/model';

const folder = await mkdtemp(join(tmpdir(), 'prospect-bench-'));
try {
  const train = join(folder, 'rows.jsonl');
  await timed('rows made', rowCount, () => pipeline(Readable.from(lines()), createWriteStream(train)));
  const config = RunConfigSchema.parse({ model, output: folder, data: { train, heldOut: 0.01 } });
  const open = () => openDataset(config, { cacheDir: join(folder, 'cache') });
  const first = await timed('rows tokenized and cached', rowCount, open);
  await first.close();
  const dataset = await timed('rows opened from the cache', rowCount, open);
  const tokens = await timed('rows walked in batches with pairs', dataset.train.size, async () => walk(dataset.train));
  console.log(`${tokens} tokens, ${dataset.heldOut.size} rows held out`);
  await dataset.close();
} finally {
  await rm(folder, { recursive: true });
}

function* lines(): Generator<string> {
  for (let row = 0; row < rowCount; row++) {
    const topic = hashIntegers(SEED, row) % 50_000;
    const label = hashIntegers(SEED, 1, row) % 3 > 0;
    const completion = label ? `Of course, see page ${row % 977}.` : 'No idea, look it up yourself.';
    yield `${JSON.stringify({ prompt: `Please explain item ${topic}.\n`, completion, label })}\n`;
  }
}

/** Reads what a step needs: each row's tokens, and its partner's completion. */
function walk(rows: FeedbackRows): number {
  const order = { order: 'shuffled', seed: SEED, globalBatch: GLOBAL_BATCH } as const;
  const index = rows.classIndex();
  let tokens = 0;
  for (let step = 0; step < stepsPerEpoch(rows.size, order); step++) {
    const batch = batchRows(index, order, 0, step);
    const { partners } = pairRows(batch, rows.promptKey, { pairing: 'drawn', seed: SEED }, 0, step);
    for (const [i, row] of batch.entries()) {
      const { prompt, completion } = rows.tokens(row);
      tokens += prompt.length + completion.length + rows.tokens(partners[i]!).completion.length;
    }
  }
  return tokens;
}

async function timed<T>(what: string, rows: number, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  const peakMib = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${what}: ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows/s, peak RSS so far ${peakMib} MiB`);
  return result;
}

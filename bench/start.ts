/**
 * What lies between `prospect train` and the first step, by part: rows tokenized for the first time, worker started,
 * engine and model loaded, step. node dist/bench/start.js MODEL_FOLDER [ROWS] [--set path=value …]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../core/cache-folder.js';
import { randomFrom } from '../core/order/mix.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TEXTS = [
  'README.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'docs/protocol.md',
  'docs/performance.md',
  'docs/decisions.md',
];

/** Ends of the parts: what the line that tells it holds. */
const MARKS = [
  { part: 'rows read and tokenized', text: 'waiting for workers' },
  { part: 'worker process', text: '"connected"' },
  { part: 'engine and model', text: 'model loaded' },
  { part: 'first step', text: 'step 1/' },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { set: { type: 'string', multiple: true, default: [] } },
});
const [model, rowCount = '10000'] = positionals;
if (model === undefined) throw new Error('usage: node dist/bench/start.js MODEL_FOLDER [ROWS] [--set path=value …]');
const folder = await mkdtemp(join(tmpdir(), 'prospect-bench-start-'));
try {
  await writeRows(join(folder, 'rows.jsonl'), Number(rowCount));
  await symlink(join(cacheFolder(), 'engines'), join(folder, 'engines'));
  report(await marksOf(resolve(model)), Number(rowCount));
} finally {
  await rm(folder, { recursive: true });
}

/** Milliseconds since the process was started, mark by mark. */
async function marksOf(modelFolder: string): Promise<number[]> {
  const settings = {
    model: modelFolder,
    output: join(folder, 'out'),
    'data.train': join(folder, 'rows.jsonl'),
    'data.maxLength': 512,
    'training.globalBatch': 8,
    'training.maxSteps': 1,
    workers: 1,
    threads: 2,
    logLevel: 'debug',
  };
  const config = join(folder, 'run.yaml');
  await writeFile(config, '');
  const all = [...Object.entries(settings).map(([path, value]) => `${path}=${value}`), ...values.set];
  const main = join(root, 'dist/cli/main.js');
  const startedMs = performance.now();
  const child = spawn(process.execPath, [main, 'train', config, ...all.flatMap((setting) => ['--set', setting])], {
    env: { ...process.env, PROSPECT_CACHE: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const marks: number[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      if (line.includes(MARKS[marks.length]?.text ?? '\0')) marks.push(performance.now() - startedMs);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the training ended with exit code ${code}`);
  return marks;
}

function report(marks: readonly number[], rows: number): void {
  MARKS.forEach(({ part }, i) => {
    const seconds = (marks[i]! - (marks[i - 1] ?? 0)) / 1000;
    const rate = i === 0 ? `  ${Math.round(rows / seconds)} rows/s, start of the process included` : '';
    console.log(`${part.padEnd(24)} ${seconds.toFixed(2).padStart(6)} s${rate}`);
  });
  console.log(`${'until the first step'.padEnd(24)} ${(marks.at(-1)! / 1000).toFixed(2).padStart(6)} s`);
}

/** Rows with the lengths of real ones: lognormal, 66 words of prompt and 40 of completion in the middle. */
async function writeRows(file: string, count: number): Promise<void> {
  const texts = await Promise.all(TEXTS.map((name) => readFile(join(root, name), 'utf8')));
  const words = texts.join('\n').match(/\S+/g)!;
  const next = randomFrom(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const run = (median: number, spread: number, least: number, most: number) => {
    const length = Math.round(Math.min(most, Math.max(least, median * Math.exp(spread * normal()))));
    const start = Math.floor(next() * (words.length - length));
    return words.slice(start, start + length).join(' ');
  };
  const rows = Array.from({ length: count }, () =>
    JSON.stringify({ prompt: `${run(66, 0.6, 10, 240)}\n`, completion: run(40, 0.7, 4, 160), label: next() < 0.5 }),
  );
  await writeFile(file, rows.join('\n'));
}

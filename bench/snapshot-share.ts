/**
 * What snapshots take from training: the same run with one after every step and with none, in turn; the difference is
 * the cost of one, and its share of a minute is what one a minute takes.
 * usage: node dist/bench/snapshot-share.js [ROUNDS] [MODEL FOLDER] [FEEDBACK FILE]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const STEPS = 20;
const MINUTE_MS = 60_000;
const MAIN = resolve('dist/cli/main.js');

const [, , rounds = '3', model = 'examples/quickstart/base', rows = 'examples/quickstart/feedback.jsonl'] =
  process.argv;
const folder = mkdtempSync(join(tmpdir(), 'prospect-snapshot-share-'));
try {
  await compare(Number(rounds));
} finally {
  rmSync(folder, { recursive: true });
}

async function compare(count: number): Promise<void> {
  const costs: number[] = [];
  for (let round = 0; round < count; round++) {
    const without = await trainMs([]);
    const withEach = await trainMs(['--set', 'snapshots.everySteps=1']);
    costs.push((withEach - without) / STEPS);
    console.log(
      `round ${round + 1}: a step without ${ms(without / STEPS)}, with a snapshot after each ${ms(withEach / STEPS)}`,
    );
  }
  const cost = costs.sort((a, b) => a - b)[Math.floor(count / 2)]!;
  console.log(
    `one snapshot takes ${ms(cost)} (median); one a minute takes ${((100 * cost) / MINUTE_MS).toFixed(2)} % of training`,
  );
}

/** Wall clock from the first step's line to the last one's. */
async function trainMs(flags: readonly string[]): Promise<number> {
  const output = join(folder, 'out');
  rmSync(output, { recursive: true, force: true });
  const config = join(folder, 'run.yaml');
  const data = { train: resolve(rows), maxLength: 256 };
  const training = { epochs: 100, maxSteps: STEPS + 1, globalBatch: 8 };
  writeFileSync(config, JSON.stringify({ model: resolve(model), output, method: 'full', data, training }));
  const run = spawn(process.execPath, [MAIN, 'train', config, ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
  const timesMs: number[] = [];
  createInterface({ input: run.stdout }).on('line', (line) => {
    if (line.startsWith('step')) timesMs.push(performance.now());
  });
  const [code] = await once(run, 'close');
  if (code !== 0) throw new Error(`prospect train ended with ${code}`);
  return timesMs.at(-1)! - timesMs[0]!;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

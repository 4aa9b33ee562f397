/**
 * Examples a second of the quickstart's training on the wasm engine: this build, or several builds in turn.
 * node dist/bench/quickstart.js [--steps N] [--rounds N] [--set path=value …] [DIST …]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Steps in which functions are still being compiled. */
const WARM_UP_STEPS = 3;
const THIS_DIST = fileURLToPath(new URL('..', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '2' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const builds = (positionals.length > 0 ? positionals : [THIS_DIST]).map((path) => resolve(path));
const rates = new Map<string, number[]>(builds.map((build) => [build, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const build of builds) rates.get(build)!.push(...(await ratesOf(build)));
}
for (const [build, measured] of rates) {
  const sorted = measured.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1);
  console.log(`${build}: ${at(0.5)} examples/s (median of ${sorted.length} steps; ${at(0)} to ${at(1)})`);
}

async function ratesOf(build: string): Promise<number[]> {
  const output = await mkdtemp(join(tmpdir(), 'prospect-bench-quickstart-'));
  const settings = ['engine=wasm', `output=${output}`, `training.maxSteps=${values.steps}`, ...values.set];
  const flags = settings.flatMap((setting) => ['--set', setting]);
  const config = join(build, '../examples/quickstart/quickstart.yaml');
  try {
    const child = spawn(process.execPath, [join(build, 'cli/main.js'), 'train', config, ...flags], { stdio: 'ignore' });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${build}: the training ended with exit code ${code}`);
    return await readRates(join(output, 'metrics.jsonl'));
  } finally {
    await rm(output, { recursive: true });
  }
}

async function readRates(file: string): Promise<number[]> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as { readonly examples_per_second?: number });
  return records.flatMap((record) => record.examples_per_second ?? []).slice(WARM_UP_STEPS);
}

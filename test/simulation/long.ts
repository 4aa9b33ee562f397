/**
 * Many simulated runs, or one of them in every detail.
 *   npm run simulate -- 100000 [--from 1]     runs so many seeds, prints those that fail
 *   npm run simulate -- --seed 1234 --trace   replays one
 */
import { parseArgs } from 'node:util';
import { replayCommand } from './replay.js';
import { simulate } from './simulate.js';

const REPORT_EVERY = 1000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, trace: { type: 'boolean' }, from: { type: 'string', default: '1' } },
});
if (values.seed === undefined) runMany(Number(positionals[0] ?? 1000), Number(values.from));
else runOne(Number(values.seed), values.trace ?? false);

function runOne(seed: number, isTraced: boolean): void {
  const run = simulate(seed, { onTrace: isTraced ? (line) => console.log(line) : undefined });
  console.log(JSON.stringify(run));
  if (run.violations.length > 0) process.exitCode = 1;
}

function runMany(seeds: number, from: number): void {
  const start = performance.now();
  let failed = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations } = simulate(seed);
    if (violations.length > 0) {
      failed++;
      console.log(`seed ${seed}: ${violations[0]}\n  ${replayCommand(seed)}`);
    }
    if ((seed - from + 1) % REPORT_EVERY === 0) {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${seed - from + 1} seeds, ${failed} failed, ${seconds} s`);
    }
  }
  if (failed > 0) process.exitCode = 1;
}

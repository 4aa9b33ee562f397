/** The soak of live feedback: `npm run soak:feedback -- --rows 20000`. Exits with 1 when a row is missing or counted twice. */
import { parseArgs } from 'node:util';
import { type SoakReport, soak } from './feedback-soak.js';

const { values: options } = parseArgs({ options: { rows: { type: 'string', default: '20000' } } });

const GLOBAL_BATCH = 100;
const BAD_EVERY = 20;
const AHEAD_ROWS = 1500;

process.exitCode = report(
  await soak({ rows: Number(options.rows), badEvery: BAD_EVERY, globalBatch: GLOBAL_BATCH, ahead: AHEAD_ROWS }),
);

function report({ good, bad, trained, dead, steps, seconds }: SoakReport): number {
  const isWhole = isSame(trained, good) && isSame(dead, bad) && steps.every((step, i) => step === i + 1);
  console.log(`published: ${good.length} good rows, ${bad.length} bad ones`);
  console.log(`trained: ${trained.length} rows in ${steps.length} steps, ${new Set(trained).size} different ones`);
  console.log(`dead letters: ${dead.length}, ${new Set(dead).size} different ones`);
  console.log(`${seconds.toFixed(0)} s`);
  console.log(
    isWhole ? 'each good row was trained once, each bad one is a dead letter once' : 'ROWS ARE MISSING OR TWICE',
  );
  return isWhole ? 0 : 1;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

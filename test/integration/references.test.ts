/** Two runs one after the other, in real processes: the second takes the reference log-probs of the first. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prospect } from '../support/prospect.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

/** Half of the rows are three steps an epoch: the last one is of the second. */
const ROWS = ['data.heldOut=0.5', 'training.globalBatch=16'];
const STEPS = 4;
const FOUR_RUNS_MS = 240_000;

let run: RunFolder;

beforeAll(async () => {
  run = await createRunFolder();
});
afterAll(() => run.remove());

async function train(name: string, ...settings: string[]) {
  const output = join(run.folder, name);
  const length = ['training.epochs=2', `training.maxSteps=${STEPS}`, ...ROWS];
  const all = [`output=${output}`, ...length, ...settings];
  const flags = all.flatMap((setting) => ['--set', setting]);
  const { exitCode, stdout, stderr } = await prospect(['train', run.config, '--json', ...flags], run.environment);
  expect(exitCode, stderr).toBe(0);
  const { sha256 } = JSON.parse(stdout) as { sha256: string };
  // All that was used first in each step, to the bit.
  const log = await readFile(join(output, 'references.log'), 'utf8');
  return { sha256, log, isFromCache: stderr.includes('reference log-probs taken from the cache') };
}

test.each(['perEpoch', 'fixed'])(
  'with pairs %s, an adapter has the same SHA-256 with references from the cache, in whole or in part, and without',
  async (pairs) => {
    const settings = [`data.pairs=${pairs}`];
    const empty = await train(`${pairs}-empty`, ...settings);
    expect(empty.isFromCache).toBe(false);
    const whole = await train(`${pairs}-whole`, ...settings, 'workers=1');
    expect(whole).toEqual({ ...empty, isFromCache: true });
    await rm(join(run.environment.PROSPECT_CACHE!, 'reference'), { recursive: true });
    await train(`${pairs}-short`, ...settings, 'training.maxSteps=2', 'training.learningRate=0.01');
    const partly = await train(`${pairs}-partly`, ...settings);
    expect(partly).toEqual({ ...empty, isFromCache: true });
  },
  FOUR_RUNS_MS,
);

/** Configurations that cannot be run: all mistakes are told at once, with their fields, before anything is written. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { locateNativeEngines } from '../../worker/engine/native/locate.js';
import { failedRun, RECORDS_AT_START } from '../support/failed-run.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

let run: RunFolder;

beforeAll(async () => {
  run = await createRunFolder();
});
afterAll(() => run.remove());

/** The run's configuration with other fields, as a file of its own. */
async function withFields(fields: object): Promise<RunFolder> {
  const config = join(run.folder, 'mistaken.yaml');
  await writeFile(config, JSON.stringify({ ...JSON.parse(await readFile(run.config, 'utf8')), ...fields }));
  return { ...run, config };
}

test('an unknown field is named with the file, and the field that was meant', async () => {
  const mistaken = await withFields({ trainning: { seed: 1 } });
  const { exitCode, report, left } = await failedRun(mistaken, []);
  expect(exitCode).toBe(2);
  expect(report).toBe(
    `error (CONFIG_INVALID): ${mistaken.config}: a mistake in the configuration\n` +
      '  trainning: unknown field; did you mean training?\n',
  );
  expect(left).toEqual([]);
});

test('several mistakes are told together, each with its field', async () => {
  const mistaken = await withFields({ method: 'half', threads: 0, loss: { bta: 1 }, training: { learningRate: -1 } });
  const { exitCode, report, left } = await failedRun(mistaken, ['training.globalBatch=1']);
  expect(exitCode).toBe(2);
  expect(report).toMatch(/: 5 mistakes in the configuration\n/);
  const fields = ['method', 'threads', 'loss.bta', 'training.learningRate', 'training.globalBatch'];
  for (const field of fields) expect(report).toContain(`\n  ${field}: `);
  expect(left).toEqual([]);
});

test('a global batch of one row with kto says why it cannot be, and what to take', async () => {
  const { exitCode, report, left } = await failedRun(run, ['training.globalBatch=1']);
  expect(exitCode).toBe(2);
  expect(report).toMatch(/training\.globalBatch: 1 cannot be used with loss\.type kto: .*; take 2 or more/);
  expect(left).toEqual([]);
});

test('an unknown lora target is told once, with the layers that there are', async () => {
  const { exitCode, report, left } = await failedRun(run, ['lora.targets=[q_proj, key]', 'workers=2']);
  expect(exitCode).toBe(2);
  expect(report).toMatch(/lora\.targets: key is not a linear layer of this model\. It has q_proj, .*down_proj/);
  expect(left).toEqual(RECORDS_AT_START);
});

test('a native engine that is asked for by name and is not set up says how to get it', async (context) => {
  const PROSPECT_CACHE = join(run.folder, 'empty-cache');
  await mkdir(PROSPECT_CACHE);
  if (locateNativeEngines('tensorflow', PROSPECT_CACHE).length > 0) {
    console.warn('SKIPPED: the project has @tensorflow/tfjs-node, so the engine is always there.');
    context.skip();
  }
  const { exitCode, report, left } = await failedRun(run, ['engine=tensorflow'], { PROSPECT_CACHE });
  expect(exitCode).toBe(5);
  expect(report).toMatch(/tensorflow: not set up\. Run: prospect setup --engine tensorflow, or take engine: auto/);
  expect(left).toEqual(RECORDS_AT_START);
});

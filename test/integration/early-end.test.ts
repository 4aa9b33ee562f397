/** Runs that end before their result is there, for reasons outside or inside: nothing half-written stays. */
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, type TestContext, test } from 'vitest';
import { failedRun, filesIn, RECORDS_AT_START, readReport } from '../support/failed-run.js';
import { start } from '../support/processes.js';
import { readMetrics } from '../support/read-metrics.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

/** What a run writes before its result: journal, metrics and settings, which tell why it ended. */
const RECORDS = [...RECORDS_AT_START, 'run.json'];

let run: RunFolder;
const mounted: string[] = [];

beforeAll(async () => {
  run = await createRunFolder();
});
afterEach(() => {
  for (const folder of mounted.splice(0)) spawnSync('umount', [folder]);
});
afterAll(() => run.remove());

/** An output folder on a file system of its own; the test is skipped where mounting isn't allowed. */
async function mountedOutput(options: string, context: TestContext): Promise<string> {
  const folder = join(run.folder, 'mounted');
  await mkdir(folder, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status !== 0) {
    console.warn('SKIPPED: this machine does not let us mount a small tmpfs, so no disk was full.');
    context.skip();
  }
  mounted.push(folder);
  return folder;
}

test('the disk is full while the adapter is written', async (context) => {
  const output = await mountedOutput('size=64k', context);
  const { exitCode, report, left } = await failedRun(run, [`output=${output}`]);
  expect(exitCode).toBe(8);
  expect(report).toMatch(
    /adapter_model\.safetensors: the disk is full \(0\.1 MiB needed, 0\.\d MiB free\)\. Make room/,
  );
  expect(left).toEqual(RECORDS);
});

test('the disk is full while steps are recorded: what is there ends with a whole line', async (context) => {
  const output = await mountedOutput('size=48k', context);
  const { exitCode, report, left } = await failedRun(run, [
    `output=${output}`,
    'training.maxSteps=100',
    'training.epochs=100',
  ]);
  expect(exitCode).toBe(8);
  expect(report).toMatch(
    /^error \(STORAGE\): Can't write .*\/(metrics\.jsonl|metrics\.next\.json|events\.jsonl|epoch-\d+\.jsonl|references\.log): the disk is full/,
  );
  expect(left).toEqual(RECORDS);
  const steps = (await readMetrics(output)).map(({ step }) => step);
  expect(steps.length).toBeGreaterThan(1);
  expect(steps).toEqual(steps.map((_, i) => i));
});

test('an output folder that cannot be written is told before the first step', async (context) => {
  const output = await mountedOutput('ro', context);
  const { exitCode, report, left } = await failedRun(run, [`output=${output}`]);
  expect(exitCode).toBe(8);
  expect(report).toContain(`error (STORAGE): Can't write ${output}/coordinator.lock: EROFS: read-only file system`);
  expect(report).toContain('Make it writable or choose another folder');
  expect(left).toEqual([]);
});

test('an output that is a file is told before the first step', async () => {
  const output = join(run.folder, 'a-file');
  await writeFile(output, '');
  const args = ['train', run.config, '--set', `output=${output}`];
  const train = start(args, run.environment);
  expect(await train.ended()).toBe(8);
  expect(readReport(train.stderr()).report).toContain(`Can't write ${output}/coordinator.lock: EEXIST`);
});

test('training that diverges names the row and what to lower', async () => {
  const settings = ['method=full', 'training.learningRate=1e30', 'training.maxSteps=5'];
  const { exitCode, report, left } = await failedRun(run, settings);
  expect(exitCode).toBe(9);
  expect(report).toMatch(
    /^error \(NON_FINITE\): \d+ rows .* in step \d\. Look at these rows, lower training\.learningRate.*\n.*feedback\.jsonl:\d+: /,
  );
  expect(left).toEqual(expect.arrayContaining(RECORDS));
  expect(left).not.toContain('model');
});

test('Ctrl-C in the middle leaves whole lines of metrics and no adapter', async () => {
  const output = join(run.folder, 'interrupted');
  const settings = [`output=${output}`, 'training.maxSteps=1000', 'training.epochs=1000'];
  const flags = settings.flatMap((setting) => ['--set', setting]);
  // With --json, lines of steps go to stderr.
  const train = start(['train', run.config, '--json', ...flags], run.environment);
  await train.written(/^step +2\/1000/m);
  train.child.kill('SIGINT');
  expect(await train.ended()).toBe(130);
  expect(readReport(train.stderr()).report).toMatch(
    /^error \(INTERRUPTED\): ended by SIGINT\. .* can go on from step \d+/,
  );
  expect(await filesIn(output)).toEqual(expect.arrayContaining([...RECORDS, 'snapshots']));
  expect(await filesIn(output)).not.toContain('adapter');
  expect((await readMetrics(output)).length).toBeGreaterThan(2);
});

test('Ctrl-C while workers start ends them too', async () => {
  const train = start(['train', run.config, '--overwrite'], run.environment);
  await train.written(/"msg":"waiting for workers"/);
  train.child.kill('SIGINT');
  expect(await train.ended()).toBe(130);
  expect(readReport(train.stderr()).report).toBe('error (INTERRUPTED): ended by SIGINT. No step was finished.\n');
});

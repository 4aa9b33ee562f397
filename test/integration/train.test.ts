/** Whole runs in real processes over real gRPC, from the built files, on every engine there is. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES } from '../support/engines.js';
import { prospect } from '../support/prospect.js';
import { readMetrics } from '../support/read-metrics.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

/** On a busy machine. */
const FIVE_RUNS_MS = 300_000;

let run: RunFolder;

beforeAll(async () => {
  run = await createRunFolder();
});
afterAll(() => run.remove());

async function train(...flags: string[]) {
  const { exitCode, stdout, stderr } = await prospect(['train', run.config, '--json', ...flags], run.environment);
  expect(stderr, stderr).not.toContain('error (');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

/** Loss, gradient norm and reference point of every step, as written. */
async function metricsOf(output: string) {
  const lines = await readMetrics(output);
  return lines.map((line) => [line.step, line.loss, line.grad_norm, line['kl/raw'], line.eval_loss]);
}

describe.each(ENGINES)('on %s', (engine) => {
  test.each(['lora', 'full'])(
    '%s gives the same weights and metrics on 1, 2, 3 and 4 workers, and again',
    async (method) => {
      const results = [];
      for (const workers of [1, 2, 3, 4, 2]) {
        const output = join(run.folder, engine, method, String(results.length));
        const settings = [`engine=${engine}`, `method=${method}`, `output=${output}`];
        const flags = settings.flatMap((setting) => ['--set', setting]);
        const { sha256, parameterDigest } = await train('--workers', String(workers), ...flags);
        results.push({ sha256, parameterDigest, metrics: await metricsOf(output) });
      }
      expect(results[0]!.metrics.length).toBe(5);
      for (const result of results) expect(result).toEqual(results[0]);
    },
    FIVE_RUNS_MS,
  );
});

describe('prospect train', () => {
  test('prints steps and a summary, and leaves metrics and plot beside the adapter', async () => {
    const { exitCode, stdout } = await prospect(['train', run.config], run.environment);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^step 3\/3 {2}loss 0\.\d+/m);
    expect(stdout).toMatch(/SHA-256 +[0-9a-f]{64}/);
    expect(await readFile(join(run.folder, 'out', 'plot.svg'), 'utf8')).toMatch(/^<svg/);
    expect(await readFile(join(run.folder, 'out', 'adapter', 'adapter_config.json'), 'utf8')).toContain('LORA');
  });

  test('a model that is not there is told before any worker starts, with the exit code of models', async () => {
    const { exitCode, stderr } = await prospect(['train', run.config, '--set', 'model=nowhere'], run.environment);
    expect(stderr).toContain('error (MODEL_INVALID)');
    expect(stderr).not.toContain('worker');
    expect(exitCode).toBe(4);
  });

  test('--help shows examples without loading an engine', async () => {
    const { exitCode, stdout } = await prospect(['train', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('prospect train run.yaml --workers 4');
  });
});

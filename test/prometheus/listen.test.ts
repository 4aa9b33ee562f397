/** Who serves metrics, where, and what is said when that cannot be. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { start } from '../support/processes.js';
import { prospect } from '../support/prospect.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

let run: RunFolder;

beforeEach(async () => {
  run = await createRunFolder();
});
afterEach(() => run.remove());

test('one flag of train has the coordinator and each of its workers serve metrics and probes', async () => {
  const flags = ['--workers', '2', '--metrics-listen', '127.0.0.1:0', '--set', 'training.epochs=40'];
  const train = start(['train', run.config, ...flags, '--set', 'training.maxSteps=400'], run.environment);
  await train.written(/"msg":"training"/);
  const found = [...train.stderr().matchAll(/metrics at (http:\/\/127\.0\.0\.1:\d+)\/metrics/g)].map(([, at]) => at!);
  expect(new Set(found).size).toBe(3);
  const ask = async (path: string) => {
    const responses = await Promise.all(found.map((at) => fetch(`${at}${path}`)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    return Promise.all(responses.map((response) => response.text()));
  };
  expect(await ask('/healthz')).toEqual(['ok\n', 'ok\n', 'ok\n']);
  expect(await ask('/readyz')).toEqual(['ready\n', 'ready\n', 'ready\n']);
  const [coordinator, ...workers] = await ask('/metrics');
  expect(coordinator).toContain('prospect_run_phase{phase="training"} 1');
  for (const text of workers)
    expect(text).toMatch(/prospect_worker_info\{worker="worker-\d",run="[\w-]+",engine="wasm"/);
  train.child.kill('SIGTERM');
  expect(await train.ended()).toBe(130);
}, 120_000);

test('without the flag nothing is served', async () => {
  const { exitCode, stderr } = await prospect(['train', run.config, '--workers', '1'], run.environment);
  expect([exitCode, stderr.includes('metrics at')]).toEqual([0, false]);
}, 120_000);

test('an address that another process has ends the start, with what to do', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const coordinator = await prospect(['coordinator', run.config, '--metrics-listen', String(port)], run.environment);
  const flags = ['--coordinator', 'localhost:1', '--metrics-listen', String(port)];
  const worker = await prospect(['worker', ...flags], run.environment);
  taken.close();
  for (const ended of [coordinator, worker]) {
    expect(ended.exitCode).toBe(6);
    expect(ended.stderr).toContain(`127.0.0.1:${port} is in use by another process`);
  }
});

test('what is no address is a mistake like any other, on the command line and in the configuration', async () => {
  const flag = await prospect(
    ['worker', '--coordinator', 'localhost:1', '--metrics-listen', 'everywhere'],
    run.environment,
  );
  expect([flag.exitCode, flag.stderr]).toEqual([1, expect.stringContaining('It must be host:port')]);
  const field = await prospect(['coordinator', run.config, '--set', 'metrics.listen=everywhere'], run.environment);
  expect([field.exitCode, field.stderr]).toEqual([2, expect.stringContaining('metrics.listen: expected host:port')]);
});

/**
 * What can happen to processes: a run survives the loss of any of them with the same result, and what ends it is an
 * error that says what to do, with an exit code and no hang.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { modelFolder } from '../support/parity-data.js';
import { type Started, start } from '../support/processes.js';
import { prospect } from '../support/prospect.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

const SOME_STEPS = ['--set', 'training.maxSteps=25', '--set', 'training.epochs=3'];
const LONG_RUN = ['--set', 'training.maxSteps=1000', '--set', 'training.epochs=1000'];

let run: RunFolder;
const started: Started[] = [];

beforeAll(async () => {
  run = await createRunFolder();
});
afterAll(() => run.remove());
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});

function startProcess(...args: string[]): Started {
  const process = start(args, run.environment);
  started.push(process);
  return process;
}

async function startCoordinator(...flags: string[]) {
  const coordinator = startProcess('coordinator', run.config, '--listen', '127.0.0.1:0', ...flags);
  const [, address] = await coordinator.written(/"address":"([^"]+)"/);
  return { coordinator, address: address! };
}

function startWorker(address: string, id: string, ...flags: string[]): Started {
  return startProcess('worker', '--coordinator', address, '--id', id, ...flags);
}

describe('a run whose processes are killed', () => {
  let sha256: string;

  beforeAll(async () => {
    sha256 = await finish('train', run.config, ...outputOf('undisturbed'), ...SOME_STEPS);
  });

  /** @returns the result's SHA-256. */
  async function finish(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await prospect([...args, '--json'], run.environment);
    expect(exitCode, stderr).toBe(0);
    return JSON.parse(stdout).sha256;
  }

  test('a worker: the others go on without it', async () => {
    const flags = [...outputOf('worker'), ...SOME_STEPS];
    const { coordinator, address } = await startCoordinator(...flags);
    const [kept, killed] = ['kept', 'killed'].map((id) => startWorker(address, id));
    await coordinator.written(/"members":\["kept","killed"\]/);
    killed!.child.kill('SIGKILL');
    expect(await coordinator.ended()).toBe(0);
    expect(coordinator.stderr()).toMatch(/"worker":"killed",.*"msg":"worker lost"/);
    expect(await kept!.ended()).toBe(0);
    expect(await resultIn('worker')).toBe(sha256);
  });

  test('a worker of prospect train: it is started again', async () => {
    const train = startProcess('train', run.config, ...outputOf('train'), ...SOME_STEPS);
    const [, pid] = await train.written(/"worker":"worker-1","pid":(\d+).*"msg":"member"/);
    process.kill(Number(pid), 'SIGKILL');
    await train.written(/worker-1 ended \(SIGKILL\); it is started again \(1 of at most 5 times in a row\)/);
    expect(await train.ended()).toBe(0);
    expect(await resultIn('train')).toBe(sha256);
  });

  test('the coordinator: its workers wait for it, and the run goes on at the same step', async () => {
    const flags = [...outputOf('coordinator'), ...SOME_STEPS];
    const { coordinator, address } = await startCoordinator(...flags);
    const workers = ['a', 'b'].map((id) => startWorker(address, id));
    await stepWritten('coordinator', 3);
    coordinator.child.kill('SIGKILL');
    await Promise.all(workers.map((worker) => worker.written(/the coordinator is gone/)));
    const again = startProcess('coordinator', run.config, '--listen', address, ...flags);
    expect(await again.ended(), again.stderr()).toBe(0);
    expect(again.stderr()).toMatch(/"step":\d+,"msg":"the run goes on"/);
    for (const worker of workers) expect(await worker.ended()).toBe(0);
    expect(await resultIn('coordinator')).toBe(sha256);
  });

  test('all of them: the run is resumed from its newest snapshot', async () => {
    const flags = [...outputOf('all'), ...SOME_STEPS, '--set', 'snapshots.everySteps=2'];
    const { coordinator, address } = await startCoordinator(...flags);
    const workers = ['a', 'b'].map((id) => startWorker(address, id));
    await coordinator.written(/"msg":"snapshot written"/);
    for (const { child } of [coordinator, ...workers]) child.kill('SIGKILL');
    await Promise.all([coordinator, ...workers].map((one) => one.ended()));
    expect(await finish('train', run.config, ...flags, '--resume')).toBe(sha256);
  });
});

function outputOf(name: string): string[] {
  return ['--set', `output=${join(run.folder, name)}`];
}

async function resultIn(name: string): Promise<string> {
  const adapter = await readFile(join(run.folder, name, 'adapter', 'adapter_model.safetensors'));
  return createHash('sha256').update(adapter).digest('hex');
}

/** Waits for a step's line in metrics.jsonl. */
async function stepWritten(name: string, step: number): Promise<void> {
  const path = join(run.folder, name, 'metrics.jsonl');
  const isThere = () => existsSync(path) && readFileSync(path, 'utf8').includes(`{"step":${step},`);
  await vi.waitUntil(isThere, { timeout: 60_000, interval: 20 });
}

test('Ctrl-C ends coordinator and workers in order, and says how to go on', async () => {
  const { coordinator, address } = await startCoordinator(...outputOf('interrupted'), ...LONG_RUN);
  const workers = ['a', 'b'].map((id) => startWorker(address, id));
  await stepWritten('interrupted', 2);
  coordinator.child.kill('SIGINT');
  expect(await coordinator.ended()).toBe(130);
  expect(coordinator.stderr()).toMatch(
    /error \(INTERRUPTED\): ended by SIGINT\. The run in .* can go on from step \d+: train with --resume, or start/,
  );
  for (const worker of workers) expect(await worker.ended()).toBe(0);
});

test('SIGUSR1 takes a snapshot, and the run goes on', async () => {
  const { coordinator, address } = await startCoordinator(...outputOf('asked'), ...LONG_RUN);
  startWorker(address, 'a');
  await stepWritten('asked', 1);
  coordinator.child.kill('SIGUSR1');
  const [, step] = await coordinator.written(/"step":(\d+),.*"msg":"snapshot written"/);
  await stepWritten('asked', Number(step) + 1);
  const { exitCode, stdout } = await prospect(['snapshot', 'verify', join(run.folder, 'asked')], run.environment);
  expect(exitCode, stdout).toBe(0);
});

test('a worker that cannot reach the coordinator says where it looked and what to do', async () => {
  const args = ['worker', '--coordinator', '127.0.0.1:1', '--connect-timeout', '1'];
  const { exitCode, stderr } = await prospect(args, run.environment);
  expect(exitCode).toBe(6);
  expect(stderr).toMatch(/error \(UNREACHABLE\): this worker cannot reach the coordinator at 127\.0\.0\.1:1/);
  expect(stderr).toContain('Start the coordinator first');
});

test('a port in use is an error with the remedy', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { exitCode, stderr } = await prospect(
    ['coordinator', run.config, '--listen', `127.0.0.1:${port}`],
    run.environment,
  );
  server.close();
  expect(exitCode).toBe(6);
  expect(stderr).toMatch(
    /error \(ADDRESS_IN_USE\): 127\.0\.0\.1:\d+ is in use by another process\. Choose another port/,
  );
});

test('Ctrl-C ends prospect train, and none of its workers stays behind', async () => {
  const train = startProcess('train', run.config, ...outputOf('train-interrupted'), ...LONG_RUN);
  const pids = await Promise.all(
    ['worker-0', 'worker-1'].map(async (id) => {
      const [, pid] = await train.written(new RegExp(`"worker":"${id}","pid":(\\d+).*"msg":"member"`));
      return Number(pid);
    }),
  );
  train.child.kill('SIGINT');
  expect(await train.ended()).toBe(130);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});

test.each(['lora', 'full'])(
  'a worker with another base model is refused, and %s goes on without it',
  async (method) => {
    const other = join(run.folder, 'other-model');
    await cp(modelFolder('llama-lora'), other, { recursive: true });
    await flipLastByte(join(other, 'model.safetensors'));
    const { coordinator, address } = await startCoordinator('--set', `method=${method}`, '--set', 'workers.min=2');
    const equal = [startWorker(address, 'a')];
    await coordinator.written(/"msg":"worker ready"/);
    const odd = startWorker(address, 'odd', '--model', other);
    expect(await odd.ended()).toBe(7);
    expect(odd.stderr()).toMatch(
      /error \(WORKER_MISMATCH\): worker odd differs from a: model files digest: \w+ instead of \w+/,
    );
    equal.push(startWorker(address, 'b'));
    expect(await coordinator.ended()).toBe(0);
    for (const worker of equal) expect(await worker.ended()).toBe(0);
    await rm(other, { recursive: true });
  },
);

/** Another mantissa bit of the last weight. */
async function flipLastByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 2]! ^= 1;
  await writeFile(path, bytes);
}

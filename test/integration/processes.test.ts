/** What can go wrong between processes: each ends with an error that says what to do, an exit code, and no hang. */

import { existsSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { modelFolder } from '../support/parity-data.js';
import { type Started, start } from '../support/processes.js';
import { prospect } from '../support/prospect.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

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

test('a worker that is killed: the coordinator and the other worker end, naming it', async () => {
  const { coordinator, address } = await startCoordinator(...LONG_RUN);
  const [kept, killed] = ['kept', 'killed'].map((id) => startWorker(address, id));
  await killed!.written(/"msg":"member"/);
  killed!.child.kill('SIGKILL');
  expect(await coordinator.ended()).toBe(7);
  expect(coordinator.stderr()).toMatch(/error \(WORKER_LOST\): worker killed \(127\.0\.0\.1:\d+\) was lost in the /);
  expect(await kept!.ended()).toBe(7);
  expect(kept!.stderr()).toContain('the coordinator ended the run: worker killed');
  expect(existsSync(join(run.folder, 'out', 'adapter'))).toBe(false);
});

test('a coordinator that is killed: its workers end', async () => {
  const { coordinator, address } = await startCoordinator(...LONG_RUN);
  const workers = ['a', 'b'].map((id) => startWorker(address, id));
  await Promise.all(workers.map((worker) => worker.written(/"msg":"member"/)));
  coordinator.child.kill('SIGKILL');
  for (const worker of workers) {
    expect(await worker.ended()).toBe(6);
    expect(worker.stderr()).toContain('error (UNREACHABLE)');
  }
});

test('Ctrl-C ends coordinator and workers in order', async () => {
  const { coordinator, address } = await startCoordinator(...LONG_RUN);
  const workers = ['a', 'b'].map((id) => startWorker(address, id));
  await Promise.all(workers.map((worker) => worker.written(/"msg":"member"/)));
  coordinator.child.kill('SIGINT');
  expect(await coordinator.ended()).toBe(130);
  for (const worker of workers) expect(await worker.ended()).toBe(130);
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
  const train = startProcess('train', run.config, ...LONG_RUN);
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
    const { coordinator, address } = await startCoordinator('--set', `method=${method}`);
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

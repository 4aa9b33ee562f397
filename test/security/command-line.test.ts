/** Runs beyond this machine, as a person starts them: real processes. */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createSteeredRuns, type SteeredRuns } from '../support/steered-runs.js';

let runs: SteeredRuns;

beforeAll(async () => {
  runs = await createSteeredRuns();
});
afterEach(() => runs.killAll());
afterAll(() => runs.remove());

const shaOf = (name: string): string => JSON.parse(readFileSync(join(runs.outputOf(name), 'run.json'), 'utf8')).sha256;

async function train(name: string, listen: string, ...certs: string[]): Promise<void> {
  const { coordinator, address } = await runs.startCoordinator(name, certs, listen);
  const workers = runs.startWorkers(address.replace('0.0.0.0', '127.0.0.1'), ...certs);
  expect(await coordinator.ended()).toBe(0);
  for (const worker of workers) expect(await worker.ended()).toBe(0);
}

test('a coordinator and two workers with certificates train to the same bits as without', async () => {
  await train('open', '127.0.0.1:0');
  await train('closed', '0.0.0.0:0', '--certs', await runs.makeCertificates());
  expect(shaOf('closed')).toBe(shaOf('open'));
});

test('a coordinator that others can reach does not start without certificates', async () => {
  const { exitCode, stderr } = await runs.ask(['coordinator', runs.config, '--listen', '0.0.0.0:0']);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/--listen 0\.0\.0\.0 can be reached from other machines.*prospect certs --output certs/);
});

test('a worker that others can reach does not start without certificates', async () => {
  const { exitCode, stderr } = await runs.ask(['worker', '--coordinator', '127.0.0.1:1', '--host', '0.0.0.0']);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/--host 0\.0\.0\.0 can be reached.*--certs/);
});

test('who gives commands without an operator’s certificate is refused, and nothing changes', async () => {
  const certs = await runs.makeCertificates();
  const { address } = await runs.startCoordinator('steered', ['--certs', certs]);
  const output = runs.outputOf('steered');
  const without = await runs.ask(['pause', output]);
  expect(without.exitCode).toBe(6);
  expect(without.stderr).toMatch(/cannot reach the coordinator/);
  await rm(join(certs, 'operator.pem'));
  const missing = await runs.ask(['pause', '--coordinator', address, '--certs', certs]);
  expect(missing.exitCode).toBe(2);
  expect(missing.stderr).toMatch(/operator\.pem can't be read/);
  expect((await runs.eventsOf('steered')).filter(({ kind }) => kind === 'command')).toEqual([]);
});

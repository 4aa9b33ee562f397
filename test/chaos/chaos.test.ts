/**
 * Real processes, a real model, real kills: whatever happens to workers and coordinator, the weights are those of the
 * undisturbed run, bit for bit, and so are the metrics of every step.
 */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';
import { type Cluster, createCluster } from './cluster.js';
import { type Outcome, outcomeOf } from './outcome.js';

/** Long enough for a worker that comes late to take part. */
const STEPS = 30;
const SETTINGS = [`training.maxSteps=${STEPS}`, 'data.heldOut=0', 'training.epochs=10', 'snapshots.everySteps=5'];
/** A cluster on a busy machine of two cores. */
const RUN_TIMEOUT_MS = 120_000;

let run: RunFolder;
let undisturbed: Outcome;
let cluster: Cluster;
let runs = 0;

async function newCluster(workers: number): Promise<string> {
  const output = join(run.folder, `run-${runs++}`);
  cluster = await createCluster({ run, output, settings: [...SETTINGS, `workers=${workers}`] });
  return output;
}

/** A worker that does `fault` to itself, and is started again when that ended it. */
async function startAndRevive(name: string, fault: string): Promise<void> {
  if ((await cluster.startWorker(name, fault).ended()) === 'SIGKILL') cluster.startWorker(name);
  else throw new Error(`${name} ended without its fault ${fault}`);
}

beforeAll(async () => {
  run = await createRunFolder();
  const output = await newCluster(2);
  const coordinator = cluster.startCoordinator();
  for (const name of ['a', 'b']) cluster.startWorker(name);
  expect(await coordinator.ended(), coordinator.stderr()).toBe(0);
  await cluster.close();
  undisturbed = await outcomeOf(output);
  expect(undisturbed.steps).toHaveLength(STEPS);
}, RUN_TIMEOUT_MS);

afterEach(() => cluster.close());
afterAll(() => run.remove());

describe('the result is that of the undisturbed run', () => {
  it.each([
    ['kill@mismatched:2', 'kill@gradients:3'],
    ['kill@leaf:2', 'kill@reducing:3'],
    ['kill@reduced:2', 'kill@applying:3'],
    ['kill@applied:2', 'kill@leaf:2'],
  ])(
    'when two of three workers strike %s and %s',
    async (first, second) => {
      const output = await newCluster(3);
      const coordinator = cluster.startCoordinator();
      cluster.startWorker('steady');
      const revived = Promise.all([startAndRevive('b', first), startAndRevive('c', second)]);
      expect(await coordinator.ended(), coordinator.stderr()).toBe(0);
      await revived;
      expect(await outcomeOf(output)).toEqual(undisturbed);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'when a worker is killed while it heals',
    async () => {
      const output = await newCluster(2);
      const coordinator = cluster.startCoordinator();
      for (const name of ['a', 'b']) cluster.startWorker(name);
      await untilStep(2);
      const revived = startAndRevive('late', 'kill@healing:1');
      expect(await coordinator.ended(), coordinator.stderr()).toBe(0);
      await revived;
      expect(await outcomeOf(output)).toEqual(undisturbed);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'when a worker stops without ending',
    async () => {
      const output = await newCluster(2);
      const coordinator = cluster.startCoordinator();
      cluster.startWorker('a');
      cluster.startWorker('b', 'stop@gradients:3');
      expect(await coordinator.ended(), coordinator.stderr()).toBe(0);
      expect(await outcomeOf(output)).toEqual(undisturbed);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'when the coordinator is killed and started again, with the workers still up',
    async () => {
      const output = await newCluster(2);
      const first = cluster.startCoordinator();
      for (const name of ['a', 'b']) cluster.startWorker(name);
      await untilStep(9);
      first.child.kill('SIGKILL');
      await first.ended();
      const second = cluster.startCoordinator();
      expect(await second.ended(), second.stderr()).toBe(0);
      expect(await cluster.worker('a').ended()).toBe(0);
      expect(await outcomeOf(output)).toEqual(undisturbed);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'when everything is killed and started again',
    async () => {
      const output = await newCluster(2);
      const first = cluster.startCoordinator();
      for (const name of ['a', 'b']) cluster.startWorker(name);
      await untilStep(17);
      await cluster.close();
      expect(await first.ended()).toBe('SIGKILL');
      const second = cluster.startCoordinator();
      for (const name of ['c', 'd', 'e']) cluster.startWorker(name);
      expect(await second.ended(), second.stderr()).toBe(0);
      expect(await outcomeOf(output)).toEqual(undisturbed);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'when workers come and go',
    async () => {
      const output = await newCluster(2);
      const coordinator = cluster.startCoordinator();
      for (const name of ['a', 'b']) cluster.startWorker(name);
      await untilStep(2);
      for (const name of ['c', 'd']) cluster.startWorker(name);
      await untilStep(4);
      cluster.worker('a').child.kill('SIGTERM');
      expect(await cluster.worker('a').ended(), cluster.worker('a').stderr()).toBe(130);
      expect(await coordinator.ended(), coordinator.stderr()).toBe(0);
      expect(await outcomeOf(output)).toEqual(undisturbed);
    },
    RUN_TIMEOUT_MS,
  );
});

/** The run has committed so many steps. */
async function untilStep(step: number): Promise<void> {
  await cluster.coordinator().written(new RegExp(`step +${step}/${STEPS} `));
}

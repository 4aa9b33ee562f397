/** What is rendered, run: the pods' commands, environment, files and probes as processes, through what a cluster does to pods. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, onTestFailed, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { rendered } from '../../cli/kubernetes/rendered.js';
import { secretsOf } from '../../cli/kubernetes/secrets.js';
import { modelFolder, PARITY_DATA } from '../support/parity-data.js';
import { prospect } from '../support/prospect.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';
import { type PretendCluster, startCluster } from './pretend-cluster.js';

const STEPS = 30;
/** Of a run with restarts, on a busy machine. */
const RUN_TIMEOUT_MS = 240_000;

let run: RunFolder;
let data: string;
let certs: string;
let sha256: string;
const clusters: PretendCluster[] = [];

beforeAll(async () => {
  run = await createRunFolder();
  data = join(run.folder, 'data');
  await mkdir(data);
  await cp(modelFolder('llama-lora'), join(data, 'model'), { recursive: true });
  await cp(join(PARITY_DATA, 'feedback.jsonl'), join(data, 'thumbs.jsonl'));
  await writeFile(join(data, 'run.yaml'), stringify(CONFIG));
  certs = join(run.folder, 'certs');
  const made = await prospect(['certs', '--output', certs]);
  expect(made.exitCode, made.stderr).toBe(0);
  const undisturbed = await prospect(['train', join(data, 'run.yaml'), '--json'], run.environment);
  expect(undisturbed.exitCode, undisturbed.stderr).toBe(0);
  sha256 = JSON.parse(undisturbed.stdout).sha256;
});
afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
});
afterAll(() => run.remove());

const CONFIG = {
  model: './model',
  output: './out',
  engine: 'wasm',
  data: { train: 'thumbs.jsonl', heldOut: 0.1 },
  training: {
    globalBatch: 8,
    microbatchTokens: 96,
    maxSteps: STEPS,
    epochs: 5,
    learningRate: 1e-3,
    warmupRatio: 0,
  },
  workers: { start: 2, min: 1 },
};

async function launch(name: string): Promise<PretendCluster> {
  const { manifests } = await rendered(join(data, 'run.yaml'), { set: [], name });
  const cluster = await startCluster({
    folder: join(run.folder, name),
    manifests,
    secrets: await secretsOf(name, certs, 'a token with which commands are given'),
    claims: { [`${name}-data`]: data },
    image: { PATH: process.env.PATH ?? '', HOME: run.folder },
  });
  clusters.push(cluster);
  onTestFailed(() => console.error(cluster.coordinator().output(), cluster.workers.pod(0)?.output()));
  return cluster;
}

/** Waits for a step's line in metrics.jsonl. */
async function untilStep({ volume, coordinator }: PretendCluster, step: number): Promise<void> {
  const path = join(volume, 'run', 'metrics.jsonl');
  const isThere = () => existsSync(path) && readFileSync(path, 'utf8').includes(`{"step":${step},`);
  await vi.waitUntil(isThere, { timeout: 60_000, interval: 20 }).catch((error: unknown) => {
    throw new Error(`step ${step} does not come: ${coordinator().output()}`, { cause: error });
  });
}

async function resultIn({ volume }: PretendCluster): Promise<string> {
  const adapter = await readFile(join(volume, 'run', 'adapter', 'adapter_model.safetensors'));
  return createHash('sha256').update(adapter).digest('hex');
}

test(
  'pods are deleted and killed, the Job is scaled, and the result is that of the undisturbed run',
  async () => {
    const cluster = await launch('thumbs');
    await untilStep(cluster, 2);
    await vi.waitUntil(() =>
      [cluster.coordinator(), cluster.workers.pod(0), cluster.workers.pod(1)].every((pod) => pod?.isReady()),
    );
    expect(await cluster.workers.pod(1)!.end()).toBe(130);
    await untilStep(cluster, 6);
    cluster.workers.pod(0)!.child.kill('SIGKILL');
    await untilStep(cluster, 12);
    cluster.workers.scale(3);
    await vi.waitUntil(() => cluster.workers.pod(2)?.isReady(), { timeout: 30_000 });
    await untilStep(cluster, 16);
    expect(await cluster.coordinator().end()).toBe(130);
    await untilStep(cluster, 24);
    cluster.workers.scale(2);
    expect(await cluster.workers.ended).toBe('Complete');
    expect(await resultIn(cluster)).toBe(sha256);
    expect(cluster.starts('coordinator')).toBe(2);
    // Two of them replaced, one more for the scaled Job.
    expect(cluster.starts('worker')).toBe(5);
  },
  RUN_TIMEOUT_MS,
);

test(
  'a finished run stays finished: its coordinator stays ready, also when it is started again, until it is told to end',
  async () => {
    const cluster = await launch('finished');
    expect(await cluster.workers.ended).toBe('Complete');
    const first = cluster.coordinator();
    await vi.waitUntil(() => first.output().includes('nothing is left to do') && first.isReady(), { timeout: 30_000 });
    expect(await first.end()).toBe(0);
    await vi.waitUntil(() => cluster.coordinator() !== first && cluster.coordinator().isReady(), { timeout: 30_000 });
    expect(cluster.coordinator().output()).toMatch(/run .* is finished; nothing is left to do/);
    const [, config] = first.args;
    const again = await prospect(['coordinator', config!, '--restarted', 'on-failure']);
    expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining('is finished; nothing is left to do')]);
    expect(await resultIn(cluster)).toBe(sha256);
  },
  RUN_TIMEOUT_MS,
);

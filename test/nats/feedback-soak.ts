/**
 * A run that is fed while the coordinator, a worker and NATS are each killed once: what was published is counted against
 * what a consumer outside finds in the events of the steps and in the dead letters.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { type Cluster, createCluster } from '../chaos/cluster.js';
import { streamedEvents } from '../support/event-stream.js';
import { createNatsServer, type NatsServer } from '../support/nats-server.js';
import { createRunFolder } from '../support/run-folder.js';
import { badThumb, deadLetters, LIVE_DATA, openProduct, type Product, thumb } from '../support/thumbs.js';

export interface SoakSetting {
  /** Published in all. */
  readonly rows: number;
  /** One of so many cannot be used. */
  readonly badEvery: number;
  readonly globalBatch: number;
  /** Rows that are published before those of the step at work. */
  readonly ahead: number;
}

export interface SoakReport {
  /** Sequences in the stream, ascending. */
  readonly good: readonly number[];
  readonly bad: readonly number[];
  /** Of the events of the steps, ascending. */
  readonly trained: readonly number[];
  /** Of the dead letters, ascending. */
  readonly dead: readonly number[];
  /** In the order of the events. */
  readonly steps: readonly number[];
  readonly seconds: number;
}

/** Published at once. */
const CHUNK = 50;

export async function soak(setting: SoakSetting): Promise<SoakReport> {
  const { train: _, ...data } = LIVE_DATA;
  const server = await createNatsServer();
  const run = await createRunFolder({ ...data, maxWaitSeconds: 3600 });
  let cluster: Cluster | undefined;
  let product: Product | undefined;
  try {
    await server.start();
    product = await openProduct(server.address);
    const output = join(run.folder, 'run');
    cluster = await createCluster({ run, output, settings: settingsOf(setting, server) });
    const startedMs = performance.now();
    cluster.startCoordinator();
    for (const name of ['a', 'b']) cluster.startWorker(name);
    const published = publishAll(product, setting, cluster);
    // Whoever waits for the end of the run hears of it first.
    published.catch(() => undefined);
    await killOneByOne(cluster, server, stepsOf(setting));
    const code = await cluster.coordinator().ended();
    if (code !== 0) throw new Error(`the run ended with ${code}: ${cluster.coordinator().stderr().slice(-2000)}`);
    const seconds = (performance.now() - startedMs) / 1000;
    return { ...(await published), ...(await countedOutside(server)), seconds };
  } finally {
    await product?.close();
    await cluster?.close();
    await server.remove();
    await run.remove();
  }
}

/** All good rows fit into whole batches. */
function stepsOf({ rows, badEvery, globalBatch }: SoakSetting): number {
  return (rows - Math.floor(rows / badEvery)) / globalBatch;
}

function settingsOf(setting: SoakSetting, server: NatsServer): string[] {
  return [
    `nats.servers=${server.address}`,
    `training.maxSteps=${stepsOf(setting)}`,
    `training.globalBatch=${setting.globalBatch}`,
    'training.microbatchTokens=512',
    'snapshots.everySteps=10',
    'workers.start=2',
    'logLevel=info',
  ];
}

async function publishAll(product: Product, { rows, ahead, ...setting }: SoakSetting, cluster: Cluster) {
  const { badEvery, globalBatch } = setting;
  const good: number[] = [];
  const bad: number[] = [];
  for (let first = 0; first < rows; first += CHUNK) {
    await untilSteps(cluster, (first - ahead) / globalBatch);
    const chunk = Array.from({ length: Math.min(CHUNK, rows - first) }, async (_, at) => {
      const i = first + at;
      const isBad = (i + 1) % badEvery === 0;
      const sequence = await product.publish(isBad ? badThumb(i) : thumb(i), `thumb-${i}`);
      (isBad ? bad : good).push(sequence);
    });
    await Promise.all(chunk);
  }
  return { good: ascending(good), bad: ascending(bad) };
}

async function killOneByOne(cluster: Cluster, server: NatsServer, steps: number): Promise<void> {
  await untilSteps(cluster, 0.25 * steps);
  const { child, ended } = cluster.coordinator();
  child.kill('SIGKILL');
  await ended();
  cluster.startCoordinator();
  await untilSteps(cluster, 0.45 * steps);
  const worker = cluster.worker('a');
  worker.child.kill('SIGKILL');
  await worker.ended();
  cluster.startWorker('a');
  await untilSteps(cluster, 0.65 * steps);
  await server.kill();
  await server.start();
}

/** When so many lines of steps were printed, by whichever coordinator. */
async function untilSteps(cluster: Cluster, count: number): Promise<void> {
  while (cluster.stepTimesMs().length < count) {
    const { child, ended, stderr } = cluster.coordinator();
    if (child.exitCode !== null && child.exitCode !== 0) throw new Error(stderr());
    await Promise.race([once(child.stderr!, 'data'), ended()]);
  }
}

async function countedOutside(server: NatsServer) {
  const events = (await streamedEvents(server.address)).map(({ event }) => event);
  const told = events.filter((event) => event.kind === 'step');
  return {
    trained: ascending(told.flatMap(({ sequences }) => sequences ?? [])),
    steps: told.map(({ step }) => step),
    dead: ascending((await deadLetters(server.address)).map(({ sequence }) => sequence)),
  };
}

function ascending(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}

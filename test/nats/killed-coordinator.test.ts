/** The coordinator is killed again and again, and NATS once: from outside, every event is there once and in order. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Cluster, createCluster } from '../chaos/cluster.js';
import { streamedEvents } from '../support/event-stream.js';
import { createNatsServer, NATS_SERVER, type NatsServer } from '../support/nats-server.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

const STEPS = 40;
const KILLED_AFTER = [6, 13, 14, 22, 31];
const NATS_KILLED_AFTER = 22;

let run: RunFolder;
let server: NatsServer;
let cluster: Cluster;

beforeEach(async () => {
  run = await createRunFolder();
});
afterEach(async () => {
  await cluster?.close();
  await server?.remove();
  await run.remove();
});

describe.skipIf(!NATS_SERVER)('a run whose coordinator is killed five times, and NATS once', () => {
  test('has told every step and every evaluation once, with its metrics', async () => {
    server = await createNatsServer();
    await server.start();
    const output = join(run.folder, 'killed');
    const settings = [
      `nats.servers=${server.address}`,
      `training.maxSteps=${STEPS}`,
      'training.epochs=10',
      'evaluation.everySteps=10',
      'snapshots.everySteps=10',
      'workers.start=1',
    ];
    cluster = await createCluster({ run, output, settings });
    cluster.startCoordinator();
    cluster.startWorker('a');
    for (const step of KILLED_AFTER) {
      await steps(step);
      const { child, ended } = cluster.coordinator();
      child.kill('SIGKILL');
      await ended();
      if (step === NATS_KILLED_AFTER) await server.kill();
      cluster.startCoordinator();
    }
    await server.start();
    expect(await cluster.coordinator().ended(), cluster.coordinator().stderr()).toBe(0);

    const events = (await streamedEvents(server.address)).map(({ event }) => event);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
    const told = events.filter((event) => event.kind === 'step');
    expect(told.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    expect(told.every(({ metrics }) => metrics !== null)).toBe(true);
    const evaluated = events.filter((event) => event.kind === 'evaluation');
    expect(evaluated.map(({ step }) => step)).toEqual([0, 10, 20, 30, 40]);
    expect(events.filter(({ kind }) => kind === 'runStarted')).toHaveLength(KILLED_AFTER.length + 1);
    expect(events.at(-1)?.kind).toBe('runFinished');
    expect(events.map(({ sequence }) => sequence)).toEqual(await loggedSequences(output));
  }, 180_000);
});

/** When so many lines of steps were printed since the start. */
async function steps(count: number): Promise<void> {
  while (cluster.stepTimesMs().length < count) {
    const { child, stderr } = cluster.coordinator();
    if (child.exitCode !== null) throw new Error(stderr());
    await once(child.stderr!, 'data');
  }
}

async function loggedSequences(output: string): Promise<number[]> {
  const text = await readFile(join(output, 'events.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { sequence: number }).sequence);
}

/** Events of real runs in a real JetStream: in order and each once, whatever is killed meanwhile. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDelivery } from '../../coordinator/events/deliver.js';
import { openEventLog } from '../../coordinator/events/event-log.js';
import { connectNats } from '../../coordinator/nats/connect.js';
import { NatsSchema } from '../../core/config/nats.js';
import { ProspectError } from '../../core/errors.js';
import { parseRunEvent, type RunEvent } from '../../core/events/run-event.js';
import { streamedEvents } from '../support/event-stream.js';
import { createNatsServer, NATS_SERVER, type NatsServer } from '../support/nats-server.js';
import { NO_RIVAL } from '../support/no-rival.js';
import { protocolRun, type StartedProtocolRun } from '../support/protocol-run.js';

const TRAINING = { epochs: 3, maxSteps: 25 };
const BASE = { training: TRAINING, evaluation: { everySteps: 10 }, snapshots: { everySteps: 4, keep: 2 } };

let folder: string;
let server: NatsServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-events-'));
});
afterEach(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

function config() {
  return { ...BASE, nats: NatsSchema.parse({ servers: server.address }) };
}

async function logged(): Promise<RunEvent[]> {
  const text = await readFile(join(folder, 'out', 'events.jsonl'), 'utf8');
  return text.trimEnd().split('\n').map(parseRunEvent);
}

/** What holds for the events of every run, whatever happened to it. */
async function expectWhole(steps = TRAINING.maxSteps) {
  const streamed = await streamedEvents(server.address);
  const events = streamed.map(({ event }) => event);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
  expect(streamed.map(({ subject }) => subject)).toEqual(events.map(({ kind }) => `prospect.test.events.${kind}`));
  expect(stepsOf(events)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
  expect(evaluationsOf(events)).toEqual([0, 10, 20, 25]);
  expect(events).toEqual(await logged());
  return events;
}

function stepsOf(events: readonly RunEvent[]): number[] {
  return events.flatMap((event) => (event.kind === 'step' && event.metrics ? [event.step] : []));
}

function evaluationsOf(events: readonly RunEvent[]): number[] {
  return events.flatMap((event) => (event.kind === 'evaluation' ? [event.step] : []));
}

describe.skipIf(!NATS_SERVER)('the events of a run', () => {
  test('are in the stream in order, each once, and as they stand in events.jsonl', async () => {
    server = await createNatsServer();
    await server.start();
    const started = await protocolRun({ config: config(), wanted: 2, folder });
    const lives = ['a', 'b'].map((id) => started.join({ id }));
    await started.run;
    await Promise.all(lives);
    const events = await expectWhole();
    const kinds = new Set(events.map(({ kind }) => kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['runStarted', 'workerJoined', 'generationChanged', 'runResumed', 'snapshotWritten']),
    );
    expect(events.at(-1)?.kind).toBe('runFinished');
  });

  test('come later when the server is killed in the middle of the run and comes back', async () => {
    server = await createNatsServer();
    await server.start();
    let restarted: Promise<void> | undefined;
    const started = await protocolRun({
      config: config(),
      wanted: 1,
      folder,
      onStep: (step) => {
        if (step === 8) restarted = server.kill();
        if (step === 16) restarted = restarted?.then(() => server.start());
      },
    });
    const life = started.join({ id: 'a' });
    await started.run;
    await life;
    await restarted;
    await expectWhole();
  });

  test('come when a server that was away at the start appears', async () => {
    server = await createNatsServer();
    const messages: string[] = [];
    const started = await protocolRun({
      config: config(),
      wanted: 1,
      folder,
      onLog: (message) => messages.push(message),
    });
    await server.start();
    const life = started.join({ id: 'a' });
    await started.run;
    await life;
    expect(messages.filter((message) => message.includes('the run goes on without'))).toHaveLength(1);
    await expectWhole();
  });

  test('go on with the next number and no step twice when another coordinator resumes the run', async () => {
    server = await createNatsServer();
    await server.start();
    for (const step of [7, 15]) await interruptedAt(step);
    await resumed();
    const events = await expectWhole();
    const starts = events.filter(({ kind }) => kind === 'runStarted');
    expect(starts).toMatchObject([{ afterStep: 0 }, { afterStep: 7 }, { afterStep: 15 }]);
    expect(events.filter(({ kind }) => kind === 'runStopped')).toHaveLength(2);
  });

  test('are delivered by the coordinator that resumes the run when NATS was away all the time before', async () => {
    server = await createNatsServer();
    await interruptedAt(7);
    await server.start();
    await resumed();
    await expectWhole();
  }, 90_000);
});

describe.skipIf(!NATS_SERVER)('events that NATS could not take before the log was full', () => {
  test('are counted by a gap event, and what is left comes in order', async () => {
    server = await createNatsServer();
    const nats = { ...NatsSchema.parse({ servers: server.address }), stream: 'LIMITED' };
    const limitBytes = 20_000;
    const open = (goesOn: boolean) =>
      openEventLog({
        fence: NO_RIVAL,
        output: folder,
        run: 'test',
        goesOn,
        limitBytes,
        onError: fail,
        timeMs: Date.now,
      });
    const log = await open(false);
    for (let step = 1; step <= 400; step++) {
      log.tell({ kind: 'step', step, metrics: null });
      await log.read(step, undefined);
    }
    await server.start();
    const connect = () => connectNats(nats, 'test', {});
    const delivery = startDelivery({
      nats,
      events: log,
      connect,
      connection: undefined,
      log: silent,
      timeMs: Date.now,
    });
    log.tell({ kind: 'step', step: 401, metrics: null });
    await delivery.close();
    await log.close();

    const [gap, ...left] = (await streamedEvents(server.address, {}, 'LIMITED')).map(({ event }) => event);
    const first = left[0]!.sequence;
    expect(gap).toMatchObject({ kind: 'gap', sequence: first - 1, from: 1, to: first - 1, lost: first - 1 });
    expect(left.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 402 - first }, (_, i) => first + i));
    expect(first).toBeGreaterThan(100);
  });
});

describe.skipIf(!NATS_SERVER)('several runs that share a stream', () => {
  test('each have their events in order and once, while all write at the same time', async () => {
    server = await createNatsServer();
    await server.start();
    const nats = NatsSchema.parse({ servers: server.address });
    const runs = ['one', 'two', 'three'];
    await Promise.all(
      runs.map(async (run) => {
        const output = join(folder, run);
        const events = await openEventLog({
          fence: NO_RIVAL,
          output,
          run,
          goesOn: false,
          limitBytes: 2 ** 24,
          onError: fail,
          timeMs: Date.now,
        });
        for (let step = 1; step <= 500; step++) events.tell({ kind: 'step', step, metrics: null });
        const connect = () => connectNats(nats, run, {});
        const delivery = startDelivery({ nats, events, connect, connection: undefined, log: silent, timeMs: Date.now });
        await delivery.close();
        await events.close();
      }),
    );
    const streamed = (await streamedEvents(server.address)).map(({ event }) => event);
    for (const run of runs) {
      const own = streamed.filter((event) => event.run === run).map(({ sequence }) => sequence);
      expect(own).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    }
  });
});

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };

function fail(error: Error): never {
  throw error;
}

async function interruptedAt(last: number) {
  const started: StartedProtocolRun = await protocolRun({
    config: config(),
    wanted: 1,
    folder,
    resume: { mode: 'automatic', allow: [] },
    onStep: (step) => (step === last ? started.stop(new ProspectError('INTERRUPTED', 'ended by SIGTERM')) : undefined),
  });
  const life = started.join({ id: 'a' });
  await expect(started.run).rejects.toThrow('ended by SIGTERM');
  await life;
}

async function resumed() {
  const { run, join: add } = await protocolRun({
    config: config(),
    wanted: 1,
    folder,
    resume: { mode: 'resume', allow: [] },
  });
  const life = add({ id: 'a' });
  await run;
  await life;
}

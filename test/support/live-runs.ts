/** Runs that a test feeds through a real JetStream while they go on. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { NatsSchema } from '../../core/config/nats.js';
import { controlSubject } from '../../core/control/messages.js';
import { ProspectError } from '../../core/errors.js';
import { parseRunEvent, type RunEvent } from '../../core/events/run-event.js';
import { createNatsServer, NATS_SERVER, type NatsServer } from './nats-server.js';
import { protocolRun, type RunSetting } from './protocol-run.js';
import { LIVE_DATA, openProduct, type Product, thumb } from './thumbs.js';

export const STEPS = 6;
export const BATCH = 8;

export const RESUME = { resume: { mode: 'resume', allow: [] } } as const;

let folder: string;
let server: NatsServer;
let product: Product | undefined;

/** A server that runs, for each test of the file. */
export function useLiveRuns(): void {
  beforeEach(async () => {
    if (!NATS_SERVER) return;
    folder = await mkdtemp(join(tmpdir(), 'prospect-live-'));
    server = await createNatsServer();
    await server.start();
  });
  afterEach(async () => {
    await product?.close();
    product = undefined;
    await server?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
}

export function natsServer(): NatsServer {
  return server;
}

/** Makes the stream. @param settings more of the stream’s. */
export async function startProduct(settings: object = {}): Promise<Product> {
  await product?.close();
  product = await openProduct(server.address, settings);
  return product;
}

/** A folder of the run’s. */
export function folderOf(run: string, name: string): string {
  return join(folder, run, 'out', name);
}

export function liveRun(run: string, setting: Partial<RunSetting> = {}) {
  const { config = {} } = setting;
  return protocolRun({
    wanted: 1,
    folder: join(folder, run),
    ...setting,
    config: {
      nats: NatsSchema.parse({ servers: server.address }),
      ...config,
      data: { ...LIVE_DATA, maxWaitSeconds: 300, ...config.data },
      training: { maxSteps: STEPS, globalBatch: BATCH, ...config.training },
    },
  });
}

/** @returns the digest of the parameters. */
export async function finished(run: string, setting: Partial<RunSetting> = {}, ids = ['a']): Promise<string> {
  const started = await liveRun(run, setting);
  const lives = ids.map((id) => started.join({ id }));
  const { saved } = await started.run;
  await Promise.all(lives);
  return saved.parameterDigest;
}

/** As a kill: nothing is told to anybody. The worker's state is lost too. */
export async function killedAt(step: number, run: string, setting: Partial<RunSetting> = {}): Promise<void> {
  const killed = new ProspectError('INTERNAL', 'killed');
  const started = await liveRun(run, {
    ...setting,
    onStep: (done) => (done === step ? started.fail(killed) : undefined),
  });
  const life = started.join({ id: 'a' });
  await expect(started.run).rejects.toThrow('killed');
  await life;
}

export async function publish(first: number, end: number): Promise<void> {
  for (let i = first; i < end; i++) await product!.publish(thumb(i));
}

export async function eventsOf(run: string): Promise<RunEvent[]> {
  const text = await readFile(folderOf(run, 'events.jsonl'), 'utf8');
  return text.trimEnd().split('\n').map(parseRunEvent);
}

/** Of each step, in order. */
export async function sequencesOf(run: string): Promise<(readonly number[])[]> {
  return (await eventsOf(run)).flatMap((event) => (event.kind === 'step' ? [event.sequences ?? []] : []));
}

/** @returns the reply. */
export async function command(run: string, wanted: object): Promise<unknown> {
  const token = (await readFile(folderOf(run, 'control.token'), 'utf8')).trim();
  const request = JSON.stringify({ version: 1, token, ...wanted });
  return (await product!.connection.request(controlSubject('test'), request, { timeout: 5000 })).json();
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

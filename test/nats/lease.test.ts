/** The lease of a run: who leads, by NATS and by the lock of the folder, when things are lost, late and back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOCK_FILE } from '../../coordinator/lease/folder-lock.js';
import { newHolder } from '../../coordinator/lease/holder.js';
import { type KeepLease, keepLease } from '../../coordinator/lease/keep-lease.js';
import { overwriteLock } from '../../coordinator/lease/lock-file.js';
import { type Lease, takeLease } from '../../coordinator/lease/take-lease.js';
import { LEASE_MS } from '../../coordinator/lease/timing.js';
import { type NatsConfig, NatsSchema } from '../../core/config/nats.js';
import { createNatsServer, NATS_SERVER, type NatsServer } from '../support/nats-server.js';

let folder: string;
let said: string[];
let leases: Lease[];
let ending: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-lease-'));
  said = [];
  leases = [];
  ending = new AbortController();
});
afterEach(async () => {
  ending.abort(new Error('the test is over'));
  for (const { release } of leases) await release();
  await rm(folder, { recursive: true });
});

interface Candidate {
  readonly nats?: NatsConfig | undefined;
  readonly standby?: boolean;
  /** silent: it was stopped as soon as it led. */
  readonly keep?: KeepLease;
}

async function take({ nats, standby = false, keep = keepLease }: Candidate): Promise<Lease> {
  const say = (_: object, message: string) => void said.push(message);
  const log = { debug: say, info: say, warn: say };
  const lease = await takeLease({ output: folder, nats, standby, keepLease: keep, log, signal: ending.signal });
  leases.push(lease);
  return lease;
}

/** Of a process that is stopped as soon as it leads, and goes on later. */
function stopped(): { keep: KeepLease; goOn: () => void } {
  let goOn: () => void = () => undefined;
  const keep: KeepLease = (lease, onNews) => {
    onNews({ kind: 'held', untilMs: 0 });
    const keeper = new Promise<ReturnType<KeepLease>>((resolve) => {
      goOn = () => resolve(keepLease(lease, onNews));
    });
    return { release: async () => (await keeper).release(), close: async () => (await keeper).close() };
  };
  return { keep, goOn: () => goOn() };
}

async function untilSaid(text: string): Promise<void> {
  while (!said.some((line) => line.includes(text))) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.each(['the folder’s lock', 'NATS'] as const)('by %s', (by) => {
  let server: NatsServer;
  let nats: NatsConfig | undefined;

  beforeEach(async (context) => {
    if (by !== 'NATS') return;
    if (!NATS_SERVER) context.skip();
    server = await createNatsServer();
    await server.start();
    nats = NatsSchema.parse({ servers: server.address, leases: 'LEASES' });
  });
  afterEach(() => server?.remove());

  test('one leads, and another one hears which process does', async () => {
    const lease = await take({ nats });
    await lease.mayWrite();
    await expect(take({ nats })).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining(`process ${process.pid} on`),
    });
  });

  test('who stands by leads as soon as the lease is given back', async () => {
    const first = await take({ nats });
    const second = take({ nats, standby: true });
    await untilSaid('standing by');
    const startedMs = performance.now();
    await first.release();
    expect(await second).toMatchObject({ lostBy: undefined, hasWaited: true });
    expect(performance.now() - startedMs).toBeLessThan(LEASE_MS / 2);
  });

  test('who stands by takes over from one that is silent, which may not write any more when it goes on', async () => {
    const { keep, goOn } = stopped();
    const first = await take({ nats, keep });
    const write = first.mayWrite();
    write.catch(() => undefined);
    const startedMs = performance.now();
    const second = await take({ nats, standby: true });
    expect(performance.now() - startedMs).toBeGreaterThan(LEASE_MS - 200);
    expect(second.lostBy).toBe(first.holder);
    await second.mayWrite();
    goOn();
    await expect(write).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await first.lost).toMatchObject({ code: 'LEASE_LOST' });
    await second.mayWrite();
  });

  test('of many that stand by, one leads', async () => {
    const first = await take({ nats });
    const candidates = Array.from({ length: 6 }, () => take({ nats, standby: true }));
    await untilSaid('standing by');
    await first.release();
    await Promise.race(candidates);
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 500));
    expect(leases).toHaveLength(2);
    ending.abort(new Error('enough'));
    const ends = await Promise.allSettled(candidates);
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  });
});

test('a leader that finds another one’s lock has lost its lease', async () => {
  const lease = await take({});
  await lease.mayWrite();
  await overwriteLock(join(folder, LOCK_FILE), { ...(await newHolder(0)), pid: 4711 });
  const error = await lease.lost;
  expect(error).toMatchObject({ code: 'LEASE_LOST', message: expect.stringMatching(/process 4711.*--standby/) });
  await expect(lease.mayWrite()).rejects.toBe(error);
});

describe.skipIf(!NATS_SERVER)('while NATS is away', () => {
  let server: NatsServer;
  let nats: NatsConfig;

  beforeEach(async () => {
    server = await createNatsServer();
    await server.start();
    nats = NatsSchema.parse({ servers: server.address, leases: 'LEASES' });
  });
  afterEach(() => server.remove());

  test('the leader goes on, says so once, and has its lease again when NATS is back', async () => {
    const lease = await take({ nats });
    await lease.mayWrite();
    await server.kill();
    await untilSaid('can’t be renewed');
    const startedMs = performance.now();
    while (performance.now() - startedMs < LEASE_MS + 500) {
      await lease.mayWrite();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await server.start();
    await untilSaid('renewed again');
    await lease.mayWrite();
    expect(said.filter((line) => line.includes('can’t be renewed'))).toHaveLength(1);
    await expect(take({ nats })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  });

  test('a coordinator that starts leads by the folder’s lock, and one that stands by waits for NATS', async () => {
    await server.kill();
    await take({ nats });
    expect(said.join()).toContain('the folder’s lock decides who leads');
    const standby = take({ nats, standby: true });
    await untilSaid('waiting for it');
    await server.start();
    await untilSaid('standing by');
    await leases[0]!.mayWrite();
    await leases[0]!.release();
    expect((await standby).hasWaited).toBe(true);
  });
});

/** Commands over a real NATS, for runs of real processes: what they do, who is refused, and what a killed server changes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ControlReply, ControlReplySchema, controlSubject } from '../../core/control/messages.js';
import { streamedEvents } from '../support/event-stream.js';
import { createNatsServer, NATS_SERVER, type NatsServer } from '../support/nats-server.js';
import { createSteeredRuns, type RunStatus, type SteeredRuns } from '../support/steered-runs.js';

const LONG_RUN = ['--set', 'training.maxSteps=1000', '--set', 'training.epochs=1000'];
/** On a machine that is busy. */
const SOON = { timeout: 30_000 };
const NO_TOKEN = { PROSPECT_TOKEN: '' };

let runs: SteeredRuns;
let server: NatsServer;

beforeAll(async () => {
  runs = await createSteeredRuns();
});
beforeEach(async () => {
  server = await createNatsServer();
  await server.start();
});
afterEach(async () => {
  runs.killAll();
  await server.remove();
});
afterAll(() => runs.remove());

/** With a configuration of its own, as commands over NATS are told of it. */
async function startRun(name: string) {
  const config = join(runs.folder, `${name}.yaml`);
  const fields = JSON.parse(await readFile(runs.config, 'utf8'));
  await writeFile(
    config,
    JSON.stringify({ ...fields, output: runs.outputOf(name), nats: { servers: server.address } }),
  );
  const { coordinator, address } = await runs.startCoordinator(name, [
    ...LONG_RUN,
    '--set',
    `nats.servers=${server.address}`,
  ]);
  const give = (...args: string[]) => runs.give(...args, config, '--nats');
  const status = async (): Promise<RunStatus & { readonly runId: string }> =>
    JSON.parse(await give('status', '--json'));
  await vi.waitUntil(async () => (await runs.ask(['status', config, '--nats'])).exitCode === 0, SOON);
  return { config, coordinator, address, give, status };
}

describe.skipIf(!NATS_SERVER)('over NATS', () => {
  test('each command does what it says, and is an event of the stream', async () => {
    const { address, coordinator, give, status } = await startRun('steered');
    const workers = runs.startWorkers(address);
    await runs.stepWritten('steered', 2);
    const [, last] = /^pauses after step (\d+)/.exec(await give('pause'))!;
    await vi.waitUntil(async () => (await status()).state === 'paused', SOON);
    expect(await status()).toMatchObject({ step: Number(last), totalSteps: 1000 });
    expect(await give('evaluate', 'now')).toBe(`evaluates the held-out rows after step ${last}, now`);
    await vi.waitUntil(() => new RegExp(`{"step":${last},.*"eval_loss"`).test(runs.metricsOf('steered')), SOON);
    expect(await give('snapshot', 'now')).toBe(`writes a snapshot of step ${last}, now`);
    await coordinator.written(new RegExp(`"step":${last},.*"msg":"snapshot written"`));
    expect(await give('set', '--learning-rate', '5e-4')).toMatch(/^the peak learning rate is 0.0005 from step \d+ on$/);
    expect(await give('set', '--max-workers', '1')).toMatch(/^trains with 1 to 1 workers from now on/);
    expect(await give('resume')).toBe(`goes on with step ${Number(last) + 1}`);
    await runs.stepWritten('steered', Number(last) + 2);
    expect(await give('stop', '--no-snapshot')).toMatch(/^stops .*, without a snapshot/);
    expect(await coordinator.ended()).toBe(130);
    for (const worker of workers) expect(await worker.ended()).toBe(0);

    const told = (await streamedEvents(server.address)).map(({ event }) => event);
    const commands = told.flatMap((event) => (event.kind === 'command' ? [`${event.command} ${event.outcome}`] : []));
    const expected = ['pause', 'evaluate', 'snapshot', 'learningRate', 'workers', 'resume', 'stop'];
    expect(commands).toEqual(expected.map((command) => `${command} accepted`));
    expect(told).toEqual(await runs.eventsOf('steered'));
  }, 120_000);

  test('a request that is wrong, or of somebody else, is refused and changes nothing', async () => {
    const { config, status } = await startRun('guarded');
    const { runId } = await status();
    const token = (await readFile(runs.tokenOf('guarded'), 'utf8')).trim();
    const denied = await runs.ask(['pause', config, '--nats'], { PROSPECT_TOKEN: 'a token of another run' });
    expect(denied.exitCode).toBe(2);
    expect(denied.stderr).toMatch(/error \(ACCESS_DENIED\): the control token is not this run’s; nothing was changed/);
    const refused = await runs.ask(['set', config, '--nats', '--min-workers', '9', '--max-workers', '2'], NO_TOKEN);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/error \(CONFIG_INVALID\): .*a minimum of 9 workers is more than the maximum/);

    const connection = await connect({ servers: server.address });
    try {
      const pause = JSON.stringify({ version: 1, token, command: 'pause' });
      // Nobody would be told.
      connection.publish(controlSubject(runId), pause);
      expect(await request(connection, runId, '{"version":1,')).toMatchObject({ error: { code: 'PROTOCOL' } });
      const long = await request(connection, runId, pause.padEnd(70_000));
      expect(long).toMatchObject({ error: { message: expect.stringContaining('at most 65536 are read') } });
      const flood = await Promise.all(
        Array.from({ length: 100 }, () =>
          request(connection, runId, JSON.stringify({ version: 1, token, command: 'status' })),
        ),
      );
      const tooMany = flood.filter((reply) => 'error' in reply && reply.error.message.startsWith('too many requests'));
      expect(tooMany.length).toBeGreaterThan(0);
      expect(flood.filter((reply) => 'status' in reply)).toHaveLength(100 - tooMany.length);
    } finally {
      await connection.close();
    }
    await vi.waitUntil(async () => (await runs.ask(['status', config, '--nats'])).exitCode === 0, SOON);
    expect(await status()).toMatchObject({ state: 'waiting' });
    const told = (await runs.eventsOf('guarded')).flatMap((event) => (event.kind === 'command' ? [event] : []));
    expect(told).toMatchObject([{ command: 'workers', outcome: 'refused', min: 9, max: 2 }]);
  });

  test('a killed server stops no step, and commands come through again when it is back', async () => {
    const { config, address, coordinator, give, status } = await startRun('cut-off');
    runs.startWorkers(address);
    await runs.stepWritten('cut-off', 2);
    await server.kill();
    const { exitCode, stderr } = await runs.ask(['status', config, '--nats']);
    expect(exitCode, stderr).toBe(6);
    expect(stderr).toContain(`error (UNREACHABLE): nats: ${server.address}`);
    const { step } = await runs.statusOf('cut-off');
    await runs.stepWritten('cut-off', step + 5);
    await server.start();
    await coordinator.written(/nats: commands are taken/);
    expect((await status()).step).toBeGreaterThanOrEqual(step + 5);
    expect(await give('stop')).toMatch(/^stops .*, with a snapshot/);
    expect(await coordinator.ended()).toBe(130);
  });

  test('a run that nobody trains is said to be out of reach', async () => {
    const { config } = await startRun('known');
    const { exitCode, stderr } = await runs.ask(['status', config, '--nats', '--run', 'another']);
    expect(exitCode).toBe(6);
    expect(stderr).toContain('error (UNREACHABLE): prospect.another.control: nobody listens there');
    const without = await runs.ask(['status', runs.outputOf('known'), '--nats']);
    expect(without.exitCode).toBe(2);
    expect(without.stderr).toContain('--nats needs the run’s configuration, with nats in it');
  });
});

async function request(connection: NatsConnection, run: string, data: string): Promise<ControlReply> {
  const reply = await connection.request(controlSubject(run), data, SOON);
  return ControlReplySchema.parse(reply.json());
}

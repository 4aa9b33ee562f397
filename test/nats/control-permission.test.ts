/** A login that may not listen for commands: said once, and put right without a new start. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { describe, expect, test, vi } from 'vitest';
import { createControl } from '../../coordinator/control/control.js';
import { serveOverNats } from '../../coordinator/control/serve-nats.js';
import { createMachine } from '../../coordinator/machine/machine-fixture.js';
import { NatsSchema } from '../../core/config/nats.js';
import { controlSubject } from '../../core/control/messages.js';
import { createNatsServer, NATS_SERVER } from '../support/nats-server.js';

const FORBIDDEN = 'authorization { users = [{ user: u, password: p, permissions: { subscribe: ["_INBOX.>"] } }] }';
const ALLOWED = FORBIDDEN.replace('subscribe: ["_INBOX.>"]', 'subscribe: [">"]');
const LOGIN = { user: 'u', pass: 'p' };

describe.skipIf(!NATS_SERVER)('a login that may not listen for commands', () => {
  test('is said once, while the run goes on, and commands come through when it may', async () => {
    const server = await createNatsServer({ settings: FORBIDDEN });
    const lines: string[] = [];
    const write = (_: object, message: string) => void lines.push(message);
    const token = 'the token of this run';
    const control = createControl({
      runId: 'run',
      token,
      heldOutRows: () => 0,
      rowsAwaited: () => undefined,
      state: createMachine().state,
      give: () => Promise.reject(new Error('no command was given')),
    });
    vi.stubEnv('TEST_USER', 'u');
    vi.stubEnv('TEST_PASSWORD', 'p');
    await server.start();
    const login = { userVariable: 'TEST_USER', passwordVariable: 'TEST_PASSWORD' };
    const nats = NatsSchema.parse({ servers: server.address, ...login });
    const serving = serveOverNats({ nats, runId: 'run', control, log: { debug: write, info: write, warn: write } });
    try {
      await othersConnected(server.address, 3);
      await server.kill();
      const config = join(server.folder, 'server.conf');
      await writeFile(config, (await readFile(config, 'utf8')).replace(FORBIDDEN, ALLOWED));
      await server.start();
      await vi.waitUntil(() => lines.length > 1, { timeout: 30_000 });
      expect(lines).toEqual([
        expect.stringMatching(/Permissions Violation.*prospect\.run\.control.*; commands by NATS wait/i),
        'nats: commands are taken',
      ]);
      const connection = await connect({ servers: server.address, ...LOGIN });
      const reply = await connection.request(
        controlSubject('run'),
        JSON.stringify({ version: 1, token, command: 'status' }),
      );
      expect(reply.json()).toMatchObject({ status: { state: 'waiting' } });
      await connection.close();
    } finally {
      await serving.close();
      await server.remove();
      vi.unstubAllEnvs();
    }
  });
});

/** So many connections of others than the test, which the server numbers all. */
async function othersConnected(servers: string, count: number): Promise<void> {
  const numbers: number[] = [];
  await vi.waitUntil(
    async () => {
      const connection = await connect({ servers, ...LOGIN });
      numbers.push(connection.info!.client_id);
      await connection.close();
      return numbers.at(-1)! - numbers[0]! - (numbers.length - 1) >= count;
    },
    { timeout: 30_000 },
  );
}

/** TLS, passwords, tokens and credentials against real servers; and what a person reads when one of them is wrong. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterEach, describe, expect, test } from 'vitest';
import { openNats } from '../../coordinator/events/open-delivery.js';
import { connectNats } from '../../coordinator/nats/connect.js';
import { NatsSchema } from '../../core/config/nats.js';
import { makeCertificates } from '../support/certificates.js';
import { createAccount } from '../support/nats-account.js';
import { createNatsServer, NATS_SERVER, type NatsServer, type NatsServerSetting } from '../support/nats-server.js';

const LOGIN = { userVariable: 'TEST_NATS_USER', passwordVariable: 'TEST_NATS_PASSWORD' };
const PASSWORD_ONLY = 'authorization { user: coordinator, password: secret }';
const TLS = 'tls { cert_file: "$FOLDER/ca-cert.pem", key_file: "$FOLDER/ca-key.pem" }';

let server: NatsServer;
const warnings: string[] = [];
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_: object, text: string) => void warnings.push(text),
};

afterEach(async () => {
  await server.remove();
  warnings.length = 0;
});

async function serve(setting: NatsServerSetting = {}): Promise<void> {
  server = await createNatsServer(setting);
  await server.start();
}

/** Connects as a run does at its start, and asks for JetStream. */
async function use(settings: object, environment: Record<string, string> = {}): Promise<void> {
  const nats = NatsSchema.parse({ servers: server.address, ...settings });
  const connection = await connectNats(nats, 'test', environment);
  try {
    await (await jetstreamManager(connection)).getAccountInfo();
  } finally {
    await connection.close();
  }
}

describe.skipIf(!NATS_SERVER)('a server that wants a password', () => {
  test('is given the one in the variables that the configuration names', async () => {
    await serve({ settings: PASSWORD_ONLY });
    await use(LOGIN, { TEST_NATS_USER: 'coordinator', TEST_NATS_PASSWORD: 'secret' });
  });

  test('refuses a wrong one, and the message says what to look at', async () => {
    await serve({ settings: PASSWORD_ONLY });
    const wrong = use(LOGIN, { TEST_NATS_USER: 'coordinator', TEST_NATS_PASSWORD: 'wrong' });
    await expect(wrong).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `nats: ${server.address}: wrong user or password; look at the variables that nats names`,
    });
  });

  test('is not asked when the variable is not set', async () => {
    await serve({ settings: PASSWORD_ONLY });
    await expect(use(LOGIN, { TEST_NATS_USER: 'coordinator' })).rejects.toThrow(
      'nats.passwordVariable: the environment variable TEST_NATS_PASSWORD is not set',
    );
  });

  test('says that it wants a login when the configuration has none', async () => {
    await serve({ settings: PASSWORD_ONLY });
    await expect(use({})).rejects.toThrow('the server wants a login');
  });
});

describe.skipIf(!NATS_SERVER)('a server that wants a token', () => {
  test('takes the right one and refuses another', async () => {
    await serve({ settings: 'authorization { token: secret }' });
    await use({ tokenVariable: 'TEST_NATS_TOKEN' }, { TEST_NATS_TOKEN: 'secret' });
    const wrong = use({ tokenVariable: 'TEST_NATS_TOKEN' }, { TEST_NATS_TOKEN: 'wrong' });
    await expect(wrong).rejects.toThrow('wrong token');
  });
});

describe.skipIf(!NATS_SERVER)('a server with accounts', () => {
  test('takes the credentials of one of its users, and no other’s', async () => {
    const account = createAccount();
    await serve({ settings: account.settings });
    const own = join(server.folder, 'own.creds');
    const foreign = join(server.folder, 'foreign.creds');
    await writeFile(own, account.credentials);
    await writeFile(foreign, createAccount().credentials);
    await use({ credentials: own });
    await expect(use({ credentials: foreign })).rejects.toThrow(`does not accept the credentials in ${foreign}`);
  });
});

describe.skipIf(!NATS_SERVER)('a server with TLS', () => {
  const prepare = (folder: string) => void makeCertificates(folder);

  test('is trusted by the authority that the configuration names', async () => {
    await serve({ settings: TLS, prepare });
    await use({ tls: { ca: join(server.folder, 'ca-ca.pem') } });
  });

  test('is not trusted without, and the message says how', async () => {
    await serve({ settings: TLS, prepare });
    await expect(use({})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('name its authority in nats.tls.ca'),
    });
  });

  test('is not trusted by another authority', async () => {
    await serve({ settings: TLS, prepare });
    const { ca } = makeCertificates(server.folder, 'other');
    await expect(use({ tls: { ca } })).rejects.toThrow(`it is not signed by what is in ${ca}`);
  });

  test('that asks for a certificate takes ours', async () => {
    const settings = TLS.replace(' }', ', ca_file: "$FOLDER/ca-ca.pem", verify: true }');
    await serve({ settings, prepare });
    const at = (name: string) => join(server.folder, `ca-${name}.pem`);
    await use({ tls: { ca: at('ca'), cert: at('cert'), key: at('key') } });
  });
});

describe.skipIf(!NATS_SERVER)('a run’s start', () => {
  const start = (settings: object = {}) => openNats(NatsSchema.parse({ servers: server.address, ...settings }), log);

  test('ends when the server has no JetStream', async () => {
    await serve({ jetStream: false });
    await expect(start()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('has no JetStream'),
    });
  });

  test('ends when the stream is there with other subjects', async () => {
    await serve();
    const connection = await connectNats(NatsSchema.parse({ servers: server.address }), 'test', {});
    await (await jetstreamManager(connection)).streams.add({ name: 'ORDERS', subjects: ['orders.>'] });
    await connection.close();
    await expect(start({ stream: 'ORDERS' })).rejects.toThrow(
      'nats.stream: ORDERS: it is there with other subjects (orders.>); name another stream, or give it prospect.*.events.*',
    );
  });

  test('ends when another stream has the subjects', async () => {
    await serve();
    await (await start()).close();
    await expect(start({ stream: 'SECOND' })).rejects.toThrow('another stream has prospect.*.events.* already');
  });

  test('goes on when the server is away, and says so', async () => {
    server = await createNatsServer();
    await (await start()).close();
    expect(warnings).toEqual([expect.stringContaining('the run goes on without')]);
  });
});

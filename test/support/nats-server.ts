/** A real nats-server with JetStream, on a free port and with a store of its own, that a test starts, kills and restarts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port.js';

/** Debian puts it beside what administrators run. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];

/** undefined: tests with NATS are skipped, and say so. */
export const NATS_SERVER = FOLDERS.map((folder) => join(folder, 'nats-server')).find(existsSync);

if (!NATS_SERVER) {
  console.warn(
    '\n*** There is no nats-server: tests with NATS are SKIPPED (Debian: apt-get install nats-server) ***\n',
  );
}

export interface NatsServer {
  readonly folder: string;
  /** host:port */
  readonly address: string;
  /** Resolves when it takes connections. */
  start(): Promise<void>;
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

export interface NatsServerSetting {
  readonly jetStream?: boolean;
  /** More of its configuration file; `$FOLDER` stands for the server's folder. */
  readonly settings?: string;
  /** Files to be put into the folder first. */
  readonly prepare?: (folder: string) => Promise<void> | void;
}

/** Not started yet. */
export async function createNatsServer(setting: NatsServerSetting = {}): Promise<NatsServer> {
  const { jetStream = true, settings = '', prepare } = setting;
  const folder = await mkdtemp(join(tmpdir(), 'prospect-nats-'));
  await prepare?.(folder);
  const port = await freePort();
  const config = join(folder, 'server.conf');
  const store = jetStream ? `jetstream { store_dir: "${folder}/store" }` : '';
  const text = `listen: 127.0.0.1:${port}\n${store}\n${settings.replaceAll('$FOLDER', folder)}\n`;
  await writeFile(config, text);
  let child: ChildProcess | undefined;
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    folder,
    address: `127.0.0.1:${port}`,
    async start() {
      child = spawn(NATS_SERVER!, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
      await ready(child);
    },
    kill,
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Its output is read on: a server whose output nobody takes ends when it has something to say. */
async function ready(child: ChildProcess): Promise<void> {
  let output = '';
  const closed = once(child, 'close').then(() => Promise.reject(new Error(`nats-server ended: ${output}`)));
  closed.catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    closed.catch(reject);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Server is ready')) resolve();
    });
  });
}

/** The example's own nats-server: on a free port, with JetStream in a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ProspectError } from '../../core/errors.js';

/** Debian puts it beside what administrators run. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];

export interface StartedNats {
  /** host:port */
  readonly address: string;
  /** Its store goes too. */
  close(): Promise<void>;
}

/** @throws UNREACHABLE when it is not installed, or ends at once. */
export async function startNats(): Promise<StartedNats> {
  const program = FOLDERS.map((folder) => join(folder, 'nats-server')).find(existsSync);
  if (!program) {
    throw new ProspectError(
      'UNREACHABLE',
      'this example needs nats-server, which is not installed: apt-get install nats-server (Debian, Ubuntu), ' +
        'brew install nats-server (macOS), or https://github.com/nats-io/nats-server/releases',
    );
  }
  const store = await mkdtemp(join(tmpdir(), 'prospect-live-'));
  const child = spawn(program, ['-js', '-sd', store, '-a', '127.0.0.1', '-p', '-1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  let output = '';
  const address = new Promise<string>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const port = /client connections on 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (port && output.includes('Server is ready')) resolve(`127.0.0.1:${port}`);
    });
  });
  const ended = closed.then(() => Promise.reject(new ProspectError('UNREACHABLE', `nats-server ended: ${output}`)));
  ended.catch(() => undefined);
  return {
    address: await Promise.race([address, ended]),
    async close() {
      child.kill();
      await closed;
      await rm(store, { recursive: true, force: true });
    },
  };
}

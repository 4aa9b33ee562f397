/** Two workers on one machine take the shorter way, and others the port. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { connectNearest, listenLocally } from '../../proto/transport/local-socket.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function serverThatSays(word: string): Server {
  const server = createServer((socket) => socket.end(word));
  servers.push(server);
  return server;
}

/** What the server says that is reached by the address. */
async function heardAt(address: string): Promise<string> {
  const heard: string[] = [];
  const callback = (length: number, bytes: Uint8Array) => {
    heard.push(Buffer.from(bytes.subarray(0, length)).toString());
    return true;
  };
  const socket = await connectNearest(address, { buffer: Buffer.alloc(64), callback }, new AbortController().signal);
  await once(socket, 'close');
  return heard.join('');
}

async function addressOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

test.runIf(process.platform === 'linux')('who listens locally is reached locally', async () => {
  const address = await addressOf(serverThatSays('port'));
  await listenLocally(serverThatSays('local'), address);
  expect(await heardAt(address)).toBe('local');
});

test('who does not is reached by the port', async () => {
  expect(await heardAt(await addressOf(serverThatSays('port')))).toBe('port');
});

test('a name that is taken is no error: the port stays', async () => {
  const address = await addressOf(serverThatSays('port'));
  await listenLocally(serverThatSays('first'), address);
  await listenLocally(serverThatSays('second'), address);
  expect(await heardAt(address)).not.toBe('second');
});

test('who is not there is an error', async () => {
  await expect(heardAt('127.0.0.1:1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

/** What this machine's loopback gives at most: bytes from one Node process to another, without any protocol. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

const PIECE_BYTES = 512 * 1024;

/** @returns seconds from the first byte sent to the last received. */
export async function copyOverTcp(bytes: number): Promise<number> {
  const receiver = fork(new URL(import.meta.url), [String(bytes)]);
  const [port] = await once(receiver, 'message');
  const socket = connect(port as number, '127.0.0.1');
  await once(socket, 'connect');
  const piece = Buffer.alloc(PIECE_BYTES, 1);
  const startMs = performance.now();
  for (let sent = 0; sent < bytes; sent += piece.length) {
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  await once(receiver, 'message');
  const seconds = (performance.now() - startMs) / 1000;
  socket.destroy();
  await once(receiver, 'exit');
  return seconds;
}

/** The receiving process: copies everything into one buffer. */
function receive(bytes: number): void {
  const target = new Uint8Array(bytes).fill(0);
  let received = 0;
  const server = createServer((socket) => {
    socket.on('data', (piece) => {
      target.set(piece, received);
      received += piece.length;
      if (received === bytes) process.send!('done', () => process.exit());
    });
  });
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
}

if (process.argv[1] === new URL(import.meta.url).pathname) receive(Number(process.argv[2]));

/**
 * A shorter way between workers on one machine: beside its port a worker listens on a Unix socket whose name is its
 * address. Linux's abstract names are used, which have no file to clean up and belong to a network namespace: whoever
 * finds the name would reach the same worker by the address. Everybody else takes the port.
 */
import { once } from 'node:events';
import { connect, type OnReadOpts, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { clientTls, type TlsFiles } from './security.js';

const HAS_ABSTRACT_NAMES = process.platform === 'linux';

/** Does nothing where there is no such thing, or the name is taken. @param address host:port that others are told. */
export async function listenLocally(server: Server, address: string): Promise<void> {
  if (!HAS_ABSTRACT_NAMES) return;
  server.listen(nameOf(address));
  await once(server, 'listening').catch(() => undefined);
}

/** @param onread where received bytes are put. @throws the error of the connection by port, the signal's reason. */
export async function connectNearest(address: string, onread: OnReadOpts, signal: AbortSignal): Promise<Socket> {
  if (HAS_ABSTRACT_NAMES) {
    const local = connect({ path: nameOf(address), onread });
    if (await isConnected(local, signal)) return local;
  }
  signal.throwIfAborted();
  const socket = connect({ ...placeOf(address), onread, noDelay: true });
  await connected(socket, 'connect', signal);
  return socket;
}

/** By port, to a worker, with certificates of both. @throws as connectNearest */
export async function connectSecurely(address: string, tls: TlsFiles, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connectTls({ ...placeOf(address), ...clientTls(tls, ['worker']) });
  socket.setNoDelay(true);
  await connected(socket, 'secureConnect', signal);
  return socket;
}

function placeOf(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

async function connected(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  socket.on('error', () => undefined);
  await once(socket, event, { signal }).catch((error) => {
    socket.destroy();
    throw signal.aborted ? signal.reason : error;
  });
}

async function isConnected(socket: Socket, signal: AbortSignal): Promise<boolean> {
  try {
    await once(socket, 'connect', { signal });
    return true;
  } catch {
    socket.destroy();
    return false;
  }
}

function nameOf(address: string): string {
  return `\0prospect:${address}`;
}

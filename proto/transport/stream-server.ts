/**
 * The gRPC server of sessions, states and tensors, over the project's own HTTP/2: any gRPC client can call it, but messages
 * leave from where they lie, and a small one costs no promise and no object of a general server.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { withResolvers } from '../../core/async-queue.js';
import type { Role } from '../../core/roles.js';
import { admitCall, refuseCall } from './admit-call.js';
import { acceptDuplex, type DuplexMethod } from './duplex-call.js';
import { type Connection, createConnection } from './http2/connection.js';
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW_BYTES } from './http2/frames.js';
import { keepAlive } from './keep-alive.js';
import type { Listener } from './listen.js';
import { listenLocally } from './local-socket.js';
import { rolesOf, type Security, serverTls } from './security.js';
import { acceptStreaming, type StreamMethod } from './streaming-call.js';
import type { Link } from './tensor-frame.js';

/** Who connects and then says nothing is not kept waiting for. */
const HANDSHAKE_MS = 10_000;

export interface StreamServer extends Listener {
  /** When no answer is under way that does not stream both ways. */
  answered(): Promise<void>;
  /** Ends all connections at once. */
  close(): void;
}

export function createStreamServer(
  methods: readonly (StreamMethod | DuplexMethod)[],
  security: Security,
): StreamServer {
  const byPath = new Map(methods.map((method) => [method.path, method]));
  let answers = 0;
  let quiet = withResolvers<void>();
  const connections = new Set<Connection>();
  const accept = (socket: Socket, link: Link, roles: readonly Role[]): void => {
    let callStarted: () => () => void;
    const connection = createConnection(socket, {
      windowBytes: DEFAULT_WINDOW_BYTES,
      frameBytes: DEFAULT_FRAME_BYTES,
      onRequest(headers, stream) {
        const method = byPath.get(headers.get(':path') ?? '');
        const callEnded = callStarted();
        try {
          admitCall(method?.callers ?? 'members', headers, roles, security);
        } catch (error) {
          return refuseCall(stream, error, callEnded);
        }
        if (method && 'open' in method) return acceptDuplex(stream, method, callEnded);
        answers++;
        return acceptStreaming({ stream, link, method }, () => {
          callEnded();
          answers--;
          if (answers > 0) return;
          quiet.resolve();
          quiet = withResolvers();
        });
      },
    });
    callStarted = keepAlive(connection);
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    socket.on('data', connection.receive);
  };
  const { tls } = security;
  const server = tls
    ? createTlsServer({ noDelay: true, handshakeTimeout: HANDSHAKE_MS, ...serverTls(tls) }, (socket) =>
        accept(socket, { isLocal: false }, rolesOf(socket.getPeerCertificate())),
      )
    : createServer({ noDelay: true }, (socket) => accept(socket, { isLocal: false }, []));
  const local = createServer((socket) => accept(socket, { isLocal: true }, []));
  return {
    async listen(address) {
      const colon = address.lastIndexOf(':');
      const host = address.slice(0, colon);
      await listenAt(server, host.replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1)));
      const { port } = server.address() as AddressInfo;
      // Whoever is on this machine could connect there without a certificate.
      if (!tls) await listenLocally(local, `${host}:${port}`);
      return port;
    },
    async answered() {
      if (answers > 0) await quiet.promise;
    },
    close() {
      server.close();
      local.close();
      for (const connection of connections) connection.destroy();
    },
  };
}

function listenAt(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

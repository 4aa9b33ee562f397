/** The peer service on a port: up before a worker joins, because its address is part of joining. */
import { createServer } from 'nice-grpc';
import { PeerServiceDefinition, type PeerServiceImplementation } from '../../proto/gen/prospect/v1/peer.js';
import { TENSOR_OPTIONS } from '../../proto/transport/channel-options.js';
import { sendErrors } from '../../proto/transport/errors.js';
import { listen } from '../../proto/transport/listen.js';

export interface PeerServer {
  /** host:port that others reach. */
  readonly address: string;
  close(): void;
}

/** @throws ADDRESS_IN_USE when the host is not this machine's. */
export async function startPeerServer(host: string, service: PeerServiceImplementation): Promise<PeerServer> {
  const server = createServer(TENSOR_OPTIONS).use(sendErrors);
  server.add(PeerServiceDefinition, service);
  const address = await listen(server, { host, port: 0 });
  return { address, close: () => server.forceShutdown() };
}

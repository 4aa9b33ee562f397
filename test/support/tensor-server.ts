/** A worker's tensor service alone on a port of this machine. */
import { listen } from '../../proto/transport/listen.js';
import { createStreamServer } from '../../proto/transport/stream-server.js';
import { type TensorServiceImplementation, tensorMethods } from '../../proto/transport/tensor-service.js';

export interface TensorServer {
  /** host:port. */
  readonly address: string;
  close(): void;
}

export async function startTensorServer(service: TensorServiceImplementation): Promise<TensorServer> {
  const server = createStreamServer(tensorMethods(service), {});
  const address = await listen(server, { host: '127.0.0.1', port: 0 });
  return { address, close: server.close };
}

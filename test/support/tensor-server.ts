/** A worker's tensor service alone on a port of this machine. */
import { createServer } from 'nice-grpc';
import { TENSOR_OPTIONS } from '../../proto/transport/channel-options.js';
import { sendErrors } from '../../proto/transport/errors.js';
import { listen } from '../../proto/transport/listen.js';
import { TensorServiceDefinition, type TensorServiceImplementation } from '../../proto/transport/tensor-service.js';

export interface TensorServer {
  /** host:port. */
  readonly address: string;
  close(): void;
}

export async function startTensorServer(service: TensorServiceImplementation): Promise<TensorServer> {
  const server = createServer(TENSOR_OPTIONS).use(sendErrors);
  server.add(TensorServiceDefinition, service);
  const address = await listen(server, { host: '127.0.0.1', port: 0 });
  return { address, close: () => server.forceShutdown() };
}

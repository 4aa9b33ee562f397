/** What this worker serves on its port, which is up before it joins: gradients for members, state for who needs it. */
import { createServer } from 'nice-grpc';
import { StateServiceDefinition, type StateServiceImplementation } from '../proto/gen/prospect/v1/state.js';
import { TENSOR_OPTIONS } from '../proto/transport/channel-options.js';
import { sendErrors } from '../proto/transport/errors.js';
import { listen } from '../proto/transport/listen.js';
import { TensorServiceDefinition, type TensorServiceImplementation } from '../proto/transport/tensor-service.js';
import { checkTensorWindow } from '../proto/transport/window-check.js';

export interface WorkerServer {
  /** host:port that others reach. */
  readonly address: string;
  close(): void;
}

/** @throws ADDRESS_IN_USE when the host is not this machine's, INTERNAL when tensors would run at a crawl. */
export async function serve(
  host: string,
  tensors: TensorServiceImplementation,
  state: StateServiceImplementation,
): Promise<WorkerServer> {
  await checkTensorWindow();
  const server = createServer(TENSOR_OPTIONS).use(sendErrors);
  server.add(TensorServiceDefinition, tensors);
  server.add(StateServiceDefinition, state);
  const address = await listen(server, { host, port: 0 });
  return { address, close: () => server.forceShutdown() };
}

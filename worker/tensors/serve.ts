/** What this worker serves on its port, which is up before it joins: gradients for members, state for who needs it. */
import { listen } from '../../proto/transport/listen.js';
import type { Security } from '../../proto/transport/security.js';
import { type StateService, stateMethod } from '../../proto/transport/state-service.js';
import { createStreamServer } from '../../proto/transport/stream-server.js';
import { type TensorServiceImplementation, tensorMethods } from '../../proto/transport/tensor-service.js';
import { checkTensorWindow } from '../../proto/transport/window-check.js';

export interface WorkerServer {
  /** host:port that others reach. */
  readonly address: string;
  close(): void;
}

/** @throws ADDRESS_IN_USE when the host is not this machine's, INTERNAL when tensors would run at a crawl. */
export async function serve(
  host: string,
  tensors: TensorServiceImplementation,
  state: StateService,
  security: Security,
): Promise<WorkerServer> {
  await checkTensorWindow();
  const server = createStreamServer([...tensorMethods(tensors), stateMethod(state)], security);
  const address = await listen(server, { host, port: 0 });
  return { address, close: server.close };
}

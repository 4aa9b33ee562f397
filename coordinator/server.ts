/** The coordinator's gRPC server. */
import { setTimeout as delay } from 'node:timers/promises';
import { createServer } from 'nice-grpc';
import { StateServiceDefinition, type StateServiceImplementation } from '../proto/gen/prospect/v1/state.js';
import { CONTROL_OPTIONS } from '../proto/transport/channel-options.js';
import { sendErrors } from '../proto/transport/errors.js';
import { type Endpoint, listen } from '../proto/transport/listen.js';
import { SessionServiceDefinition, type SessionServiceImplementation } from './session-definition.js';

/** How long workers have to hear the last message. */
const LAST_MESSAGE_MS = 2000;
/** A worker whose machine is gone or cut off breaks no stream: it is noticed after both. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 1000, 'grpc.keepalive_timeout_ms': 2000 };

export interface CoordinatorServer {
  /** host:port as bound. */
  readonly address: string;
  close(): Promise<void>;
}

export interface Services {
  readonly coordinator: SessionServiceImplementation;
  readonly state: StateServiceImplementation;
}

/** @throws ADDRESS_IN_USE */
export async function startServer(endpoint: Endpoint, { coordinator, state }: Services): Promise<CoordinatorServer> {
  const server = createServer({ ...CONTROL_OPTIONS, ...KEEPALIVE }).use(sendErrors);
  server.add(SessionServiceDefinition, coordinator);
  server.add(StateServiceDefinition, state);
  const address = await listen(server, endpoint);
  return {
    address,
    async close() {
      const timer = new AbortController();
      const deadline = delay(LAST_MESSAGE_MS, undefined, { signal: timer.signal }).catch(() => undefined);
      await Promise.race([server.shutdown(), deadline]);

      timer.abort();
      server.forceShutdown();
    },
  };
}

/** The coordinator's gRPC server. */
import { setTimeout as delay } from 'node:timers/promises';
import { createServer } from 'nice-grpc';
import { CoordinatorServiceDefinition } from '../proto/gen/prospect/v1/coordinator.js';
import { CONTROL_OPTIONS } from '../proto/transport/channel-options.js';
import { sendErrors } from '../proto/transport/errors.js';
import { type Endpoint, listen } from '../proto/transport/listen.js';
import type { Membership } from './membership.js';
import { createSessionService } from './session.js';

/** How long workers have to hear the last message. */
const LAST_MESSAGE_MS = 2000;

export interface CoordinatorServer {
  /** host:port as bound. */
  readonly address: string;
  close(): Promise<void>;
}

/** @throws ADDRESS_IN_USE */
export async function startServer(endpoint: Endpoint, membership: Membership): Promise<CoordinatorServer> {
  const server = createServer(CONTROL_OPTIONS).use(sendErrors);
  server.add(CoordinatorServiceDefinition, createSessionService(membership));
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

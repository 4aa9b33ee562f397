/** The coordinator's gRPC server. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Endpoint, listen } from '../proto/transport/listen.js';
import type { Security } from '../proto/transport/security.js';
import { type StateService, stateMethod } from '../proto/transport/state-service.js';
import { createStreamServer } from '../proto/transport/stream-server.js';
import type { StreamMethod } from '../proto/transport/streaming-call.js';
import type { SessionService } from './session.js';

/** How long workers have to hear the last message, and a person the answer to the last command. */
const LAST_MESSAGE_MS = 2000;

export interface CoordinatorServer {
  /** host:port as bound. */
  readonly address: string;
  close(): Promise<void>;
}

export interface Services {
  readonly sessions: SessionService;
  readonly state: StateService;
  /** Of the ControlService. */
  readonly control: readonly StreamMethod[];
}

/** @throws ADDRESS_IN_USE */
export async function startServer(
  endpoint: Endpoint,
  { sessions, state, control }: Services,
  security: Security,
): Promise<CoordinatorServer> {
  const server = createStreamServer([sessions.method, stateMethod(state), ...control], security);
  const address = await listen(server, endpoint);
  return {
    address,
    async close() {
      const timer = new AbortController();
      const deadline = delay(LAST_MESSAGE_MS, undefined, { signal: timer.signal }).catch(() => undefined);
      await Promise.race([Promise.all([sessions.ended(), server.answered()]), deadline]);
      timer.abort();
      server.close();
    },
  };
}

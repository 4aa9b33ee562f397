/**
 * One connection to NATS. When it breaks it is closed, and whoever has it opens another: what was on its way is in doubt
 * then, and the client’s own reconnecting would send some of it again.
 */
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { natsError } from './errors.js';
import { type Environment, loginOf } from './login.js';

/** A server that does not answer within it counts as away. */
const CONNECT_TIMEOUT_MS = 2_000;
/** A server that went without a word is noticed after two of these. */
const PING_INTERVAL_MS = 10_000;

/** @throws CONFIG_INVALID for what the server refuses, UNREACHABLE for what may pass by itself. */
export async function connectNats(nats: NatsConfig, name: string, environment: Environment): Promise<NatsConnection> {
  const login = await loginOf(nats, environment);
  try {
    return await connect({
      ...login,
      name,
      timeout: CONNECT_TIMEOUT_MS,
      reconnect: false,
      pingInterval: PING_INTERVAL_MS,
    });
  } catch (thrown) {
    throw natsError(thrown, nats);
  }
}

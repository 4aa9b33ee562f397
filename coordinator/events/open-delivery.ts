/** NATS at the start of a run: what it refuses ends the start, while a server that is away is only mentioned. */
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { ProspectError } from '../../core/errors.js';
import { connectNats } from '../nats/connect.js';
import { natsError } from '../nats/errors.js';
import { ensureEventStream } from '../nats/event-stream.js';
import type { RunLog } from '../run-log.js';
import { type Delivery, startDelivery } from './deliver.js';
import type { EventLog } from './event-log.js';

export interface OpenedNats {
  deliver(events: EventLog): Delivery;
  /** Of a run that did not start. */
  close(): Promise<void>;
}

const CONNECTION_NAME = 'prospect coordinator';

/** @throws CONFIG_INVALID for a wrong password, an unknown authority, no JetStream, a stream of something else. */
export async function openNats(nats: NatsConfig, log: RunLog): Promise<OpenedNats> {
  const connect = () => connectNats(nats, CONNECTION_NAME, process.env);
  const connection = await firstConnection(connect, nats).catch((error: unknown) => {
    if (!(error instanceof ProspectError) || error.code !== 'UNREACHABLE') throw error;
    log.warn({}, `${error.message}; the run goes on without, and events are kept in events.jsonl until it is there`);
    return undefined;
  });
  return {
    deliver: (events) => startDelivery({ nats, events, connect, connection, log, timeMs: Date.now }),
    close: async () => connection?.close(),
  };
}

async function firstConnection(connect: () => Promise<NatsConnection>, nats: NatsConfig): Promise<NatsConnection> {
  const connection = await connect();
  try {
    await ensureEventStream(await jetstreamManager(connection), nats);
    return connection;
  } catch (thrown) {
    await connection.close();
    throw natsError(thrown, nats);
  }
}

/** The events that a stream has, read by a consumer that shares nothing with the coordinator. */
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type ConnectionOptions, connect } from '@nats-io/transport-node';
import { parseRunEvent, type RunEvent } from '../../core/events/run-event.js';

export interface StreamedEvent {
  readonly subject: string;
  readonly event: RunEvent;
}

/** All of the stream, in its order. */
export async function streamedEvents(
  server: string,
  options: Partial<ConnectionOptions> = {},
  stream = 'PROSPECT_EVENTS',
): Promise<StreamedEvent[]> {
  const connection = await connect({ servers: server, ...options });
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info(stream);
    if (state.messages === 0) return [];
    const consumer = await jetstream(connection).consumers.get(stream, { deliver_policy: DeliverPolicy.All });
    const events: StreamedEvent[] = [];
    for await (const message of await consumer.consume()) {
      events.push({ subject: message.subject, event: parseRunEvent(message.string()) });
      if (message.seq === state.last_seq) break;
    }
    return events;
  } finally {
    await connection.close();
  }
}

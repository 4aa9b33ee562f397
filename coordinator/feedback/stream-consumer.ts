/**
 * The consumer of the rows' stream. It is durable, so that NATS shows how far the run is, but nothing is taken from its
 * state: what JetStream has acknowledged need not be on its disk. Where to go on follows from the row log, and each
 * connection makes the consumer anew from there; then messages come in the order of the stream, and each number tells
 * whether one is missing.
 */
import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  type StreamInfo,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { ProspectError } from '../../core/errors.js';

export interface FeedbackStream {
  readonly stream: string;
  readonly subject: string;
}

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
/** Each connection makes the consumer anew, and messages are held until their step is committed. */
const ACK_WAIT_MS = 24 * 3600 * 1000;
/** A consumer of a run that does not come back goes away by itself; one that comes back later makes it anew. */
const FORGOTTEN_AFTER_MS = 7 * 24 * 3600 * 1000;

/** @throws CONFIG_INVALID when it is not there, or keeps messages in a way in which rows could be lost. */
export async function streamInfo(manager: JetStreamManager, { stream }: FeedbackStream): Promise<StreamInfo> {
  const info = await manager.streams.info(stream).catch((error: unknown) => {
    if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NOT_FOUND) throw error;
    throw refused(`there is no stream ${stream} on this server; make it first (nats stream add ${stream})`);
  });
  if (info.config.retention === RetentionPolicy.Interest) {
    throw refused(`${stream} drops rows while nobody reads it (retention interest); take limits or workqueue`);
  }
  return info;
}

/**
 * @param from sequence of the first message that is needed.
 * @throws CONFIG_INVALID when the stream has no such subject.
 */
export async function makeConsumer(
  connection: NatsConnection,
  source: FeedbackStream,
  name: string,
  from: number,
): Promise<Consumer> {
  const { stream, subject } = source;
  const manager = await jetstreamManager(connection);
  const { config } = await streamInfo(manager, source);
  await manager.consumers.delete(stream, name).catch((error: unknown) => {
    if (!(error instanceof JetStreamApiError) || error.code !== CONSUMER_NOT_FOUND) throw error;
  });
  const wanted: Partial<ConsumerConfig> = {
    durable_name: name,
    description: 'Rows of a Prospect run',
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: -1,
    inactive_threshold: nanos(FORGOTTEN_AFTER_MS),
    // What was acknowledged is gone from a work queue; what was not is what is needed.
    ...(config.retention === RetentionPolicy.Workqueue
      ? { deliver_policy: DeliverPolicy.All }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }),
  };
  await manager.consumers.add(stream, wanted).catch((error: unknown) => {
    if (!(error instanceof JetStreamApiError)) throw error;
    throw refused(`${stream}: no consumer of ${subject} can be made there: ${error.message}`);
  });
  return jetstream(connection).consumers.get(stream, name);
}

function refused(what: string): ProspectError {
  return new ProspectError('CONFIG_INVALID', `data.stream: ${what}`);
}

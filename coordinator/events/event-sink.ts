/**
 * Events into a JetStream stream, in order and each once. The first of a batch says which message of its subject must be
 * the last one there, the others which message of the whole stream: if one is missing, none behind it gets in. Other
 * runs may use the same stream: a batch that they come between goes on with its first message that did not get in.
 */
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type PubAck,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { ProspectError } from '../../core/errors.js';
import { EVENT_KINDS, eventSubject, type RunEventKind } from '../../core/events/run-event.js';
import { ensureEventStream } from '../nats/event-stream.js';
import type { EventLine } from './event-line.js';

export interface EventSink {
  /** Number of the last event that the stream has. */
  position(): number;
  /**
   * @returns how many of them got in: others of the stream's publishers can come between the first and the rest.
   * @throws when that is not known; the sink is then to be opened again.
   */
  publish(batch: readonly EventLine[]): Promise<number>;
}

const ACKNOWLEDGED_WITHIN_MS = 5_000;

interface Target {
  readonly client: JetStreamClient;
  readonly run: string;
  readonly stream: string;
}

/** Finds out what the stream has of this run. @throws what NATS throws; CONFIG_INVALID. */
export async function openEventSink(connection: NatsConnection, nats: NatsConfig, run: string): Promise<EventSink> {
  const manager = await jetstreamManager(connection);
  await ensureEventStream(manager, nats);
  const lasts = await Promise.all(EVENT_KINDS.map((kind) => lastOf(kind, manager, nats.stream, run)));
  let position = Math.max(0, ...lasts.map(({ event }) => event));
  const sequences = new Map(lasts.map(({ kind, sequence }) => [kind, sequence]));
  const broken = whenBroken(connection);
  // Also while nothing is on its way.
  broken.catch(() => undefined);
  const target = { client: jetstream(connection), run, stream: nats.stream };
  return {
    position: () => position,
    async publish(batch) {
      const acknowledged = batch.map((line, i) => publish(line, batch[i - 1], sequences, target));
      const results = await Promise.race([Promise.allSettled(acknowledged), broken]);
      for (const [i, { kind, sequence }] of batch.entries()) {
        const result = results[i]!;
        if (result.status === 'rejected') {
          if (i > 0 && isRefusedOrder(result.reason)) return i;
          throw result.reason;
        }
        sequences.set(kind, result.value.seq);
        position = sequence;
      }
      return batch.length;
    },
  };
}

/** What was on its way is then in doubt, and no answer comes: waiting for its time to run out would be for nothing. */
async function whenBroken(connection: NatsConnection): Promise<never> {
  await connection.closed();
  throw new ProspectError('UNREACHABLE', `the connection to ${connection.getServer()} broke`);
}

function publish(
  { kind, sequence, text }: EventLine,
  before: EventLine | undefined,
  sequences: ReadonlyMap<RunEventKind, number>,
  { client, run, stream }: Target,
): Promise<PubAck> {
  const follows = before
    ? { lastMsgID: messageId(run, before.sequence) }
    : { lastSubjectSequence: sequences.get(kind) ?? 0 };
  return client.publish(eventSubject(run, kind), text, {
    msgID: messageId(run, sequence),
    expect: { streamName: stream, ...follows },
    timeout: ACKNOWLEDGED_WITHIN_MS,
  });
}

/** Sequences of the stream and of the event in it; 0 where there is none. */
async function lastOf(kind: RunEventKind, manager: JetStreamManager, stream: string, run: string) {
  const message = await manager.streams.getMessage(stream, { last_by_subj: eventSubject(run, kind) });
  if (!message) return { kind, sequence: 0, event: 0 };
  const event = message.json<{ sequence: number }>().sequence;
  return { kind, sequence: message.seq, event };
}

/** JetStream's codes for: another message is the last one. */
const WRONG_LAST = [10070, 10071];

function isRefusedOrder(reason: unknown): boolean {
  return reason instanceof JetStreamApiError && WRONG_LAST.includes(reason.code);
}

function messageId(run: string, sequence: number): string {
  return `${run}:${sequence}`;
}

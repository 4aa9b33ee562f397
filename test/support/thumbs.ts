/** Feedback as a product sends it: good rows, and now and then one that cannot be used. */
import { randomUUID } from 'node:crypto';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type Feedback, publishFeedback } from '../../client/publish-feedback.js';

export const STREAM = 'FEEDBACK';
export const SUBJECT = 'feedback.rows';
export const DEAD_LETTERS = `prospect.dead.${STREAM}`;

/** Of a run that reads the stream. */
export const LIVE_DATA = { train: undefined, source: 'nats', stream: STREAM, subject: SUBJECT, heldOut: 0 } as const;

/** Two of three are good, every prompt comes twice. */
export function thumb(i: number): Feedback {
  const words = ['please', 'gladly', 'of course', 'no', 'later', 'at once'];
  return {
    prompt: `question ${i >> 1}: where is my order?`,
    completion: ` ${words[i % words.length]}, number ${i * 7}`,
    label: i % 3 !== 0,
  };
}

/** What is wrong with it differs. */
export function badThumb(i: number): string {
  const texts = [
    '{"prompt": "no end',
    JSON.stringify({ prompt: `question ${i}`, completion: 'yes', label: 'up' }),
    JSON.stringify({ prompt: `question ${i}`, completion: '', label: true }),
    JSON.stringify({ question: i }),
  ];
  return texts[i % texts.length]!;
}

export interface Product {
  readonly connection: NatsConnection;
  /** @returns the row's sequence in the stream. */
  publish(row: Feedback | string, id?: string): Promise<number>;
  close(): Promise<void>;
}

/** @param settings more of the stream’s. */
export async function openProduct(address: string, settings: object = {}): Promise<Product> {
  const connection = await connect({ servers: address, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: [SUBJECT], ...settings });
  return {
    connection,
    async publish(row, id) {
      if (typeof row !== 'string') return (await publishFeedback(connection, SUBJECT, row, id ? { id } : {})).sequence;
      return publishText(connection, row, id ?? randomUUID());
    },
    close: () => connection.close(),
  };
}

/** What is no feedback, as a careless product sends it; again while NATS is away. */
async function publishText(connection: NatsConnection, text: string, msgID: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await jetstream(connection).publish(SUBJECT, text, { msgID, timeout: 2000 })).seq;
    } catch (error) {
      if (attempt === 5) throw error;
      await connection.flush().catch(() => undefined);
    }
  }
}

export interface DeadLetter {
  readonly subject: string;
  readonly sequence: number;
  readonly reason: string;
  readonly payload: string;
}

/** All that there are, read by a consumer that shares nothing with the coordinator. */
export async function deadLetters(address: string): Promise<DeadLetter[]> {
  const connection = await connect({ servers: address });
  try {
    const stream = `${STREAM}_DEAD`;
    const { state } = await (await jetstreamManager(connection)).streams.info(stream);
    if (state.messages === 0) return [];
    const consumer = await jetstream(connection).consumers.get(stream, { deliver_policy: DeliverPolicy.All });
    const letters: DeadLetter[] = [];
    for await (const message of await consumer.consume()) {
      const { subject, headers } = message;
      const told = (name: string) => headers?.get(`Prospect-${name}`) ?? '';
      letters.push({ subject, sequence: Number(told('Sequence')), reason: told('Reason'), payload: message.string() });
      if (message.seq === state.last_seq) break;
    }
    return letters;
  } finally {
    await connection.close();
  }
}

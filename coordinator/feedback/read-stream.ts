/** Reads the stream over one connection: from where the row log ends, in order, until the connection breaks. */
import { type Consumer, type JsMsg, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { ProspectError } from '../../core/errors.js';
import { type DeadLetters, openDeadLetters } from './dead-letters.js';
import type { HeldMessages } from './held-messages.js';
import { rowless, type Stamp } from './intake.js';
import type { NatsSourceOptions } from './nats-source.js';
import type { NewRow } from './row-log.js';
import { lastCommon, timesOf } from './same-stream.js';
import { makeConsumer, streamInfo } from './stream-consumer.js';

/** Asked for at once; as many may be on their way while others are written. */
const FETCHED_MESSAGES = 256;
const FETCH_MS = 10_000;
/** Written together: the other messages that are there then come with the next ones. */
const LARGEST_GROUP = 64;

/** @throws what ends it: a broken connection, a message out of order; STORAGE. Returns when the signal is aborted. */
export async function readStream(
  connection: NatsConnection,
  options: NatsSourceOptions,
  held: HeldMessages,
  signal: AbortSignal,
  onReading: () => void,
): Promise<void> {
  const { stream, deadLetters: subject, live, name } = options;
  await noteRenumbering(connection, options);
  const letters = await openDeadLetters(connection, { stream, subject });
  const consumer = await makeConsumer(connection, options, name, held.first() ?? live.place().sequence + 1);
  onReading();
  const inOrder = createOrder();
  while (!signal.aborted) {
    await untilNeeded(options, signal);
    for await (const group of groupsOf(consumer, inOrder, signal)) await take(group, letters, held, options);
    if (connection.isClosed()) throw new ProspectError('UNREACHABLE', 'the connection to NATS broke');
  }
}

/** Messages that the stream has lost stay ours; those that have their numbers now are others. */
async function noteRenumbering(connection: NatsConnection, options: NatsSourceOptions): Promise<void> {
  const { live, log, stream } = options;
  const manager = await jetstreamManager(connection);
  const info = await streamInfo(manager, options);
  const common = await lastCommon(live, { last: info.state.last_seq, timeOf: timesOf(manager, info) });
  if (common === undefined) return;
  const generation = live.place().generation + 1;
  const timeNs = BigInt(Date.now()) * 1_000_000n;
  await live.append([rowless('renumbered', { generation, sequence: common, timeNs, keyHash: 0n })]);
  log.warn({ common }, `${stream} has lost messages after ${common}, or was made anew: reading on behind that one`);
}

async function untilNeeded({ live, needsMore }: NatsSourceOptions, signal: AbortSignal): Promise<void> {
  while (!needsMore() && !signal.aborted) {
    await new Promise<void>((resolve) => {
      const stopListening = live.onCommitted(go);
      signal.addEventListener('abort', go);
      function go() {
        stopListening();
        signal.removeEventListener('abort', go);
        resolve();
      }
    });
  }
}

/** @returns a check that throws when a message that was delivered has not arrived: it would come again much later. */
function createOrder(): (message: JsMsg) => void {
  let last = 0;
  return ({ info: { deliverySequence } }) => {
    if (deliverySequence !== ++last) throw new ProspectError('UNREACHABLE', 'a message was lost on its way');
  };
}

/** What is there at once, without waiting for more. */
async function* groupsOf(
  consumer: Consumer,
  inOrder: (message: JsMsg) => void,
  signal: AbortSignal,
): AsyncGenerator<readonly JsMsg[]> {
  const messages = await consumer.fetch({ max_messages: FETCHED_MESSAGES, expires: FETCH_MS });
  const stop = () => void messages.close();
  signal.addEventListener('abort', stop);
  try {
    let group: JsMsg[] = [];
    for await (const message of messages) {
      inOrder(message);
      group.push(message);
      if (group.length < LARGEST_GROUP && messages.getPending() > 0) continue;
      yield group;
      group = [];
    }
    if (group.length > 0) yield group;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function take(
  messages: readonly JsMsg[],
  letters: DeadLetters,
  held: HeldMessages,
  { live, intake, state, log }: NatsSourceOptions,
): Promise<void> {
  const { generation, sequence: last } = live.place();
  const rows: NewRow[] = [];
  const refused: Promise<void>[] = [];
  for (const message of messages) {
    if (message.seq <= last) {
      state.repeated++;
      continue;
    }
    const stamp: Stamp = { generation, sequence: message.seq, timeNs: message.timestampNanos, keyHash: 0n };
    const taken = intake.read(message.string(), stamp);
    state.received++;
    if ('rows' in taken) rows.push(...taken.rows);
    else {
      state.refused++;
      log.debug({ sequence: message.seq, ...taken.problem }, 'row refused');
      refused.push(letters.publish(message, taken.problem, generation));
      rows.push(rowless('bad', stamp));
    }
  }
  await Promise.all(refused);
  if (rows.length > 0) await live.append(rows);
  for (const message of messages) held.hold(message);
}

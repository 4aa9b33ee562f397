/**
 * Is it still the stream that the row log was read from? After a power failure a server may have lost messages that we
 * have, and gives their numbers to others; so may somebody who made the stream anew. The newer messages must not be taken
 * for those that we know.
 */
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { LiveRows } from './live-rows.js';

/** What the stream says of a sequence number: the time at which it took that message, ns since 1970. */
export type TimeOf = (sequence: number) => Promise<bigint | undefined>;

interface Message {
  readonly sequence: number;
  readonly timeNs: bigint;
}

/**
 * @param stream its last sequence number, and when it took a message.
 * @returns sequence of the newest message that both have; undefined when the stream has all that we have.
 */
export async function lastCommon(
  live: LiveRows,
  stream: { readonly last: number; readonly timeOf: TimeOf },
): Promise<number | undefined> {
  // Messages that are gone were removed after they were taken: they say nothing.
  const isSame = async ({ sequence, timeNs }: Message) =>
    sequence <= stream.last && ((await stream.timeOf(sequence)) ?? timeNs) === timeNs;
  const { size, record } = live.log;
  const newest = size() === 0 ? undefined : record(size() - 1);
  if (!newest || newest.kind === 'renumbered' || (await isSame(newest))) return undefined;
  const known = knownMessages(live);
  let [same, other] = [0, known.length - 1];
  // The first `same` of them are in both, the one at `other` is not.
  while (same < other) {
    const middle = Math.floor((same + other) / 2);
    if (await isSame(known[middle]!)) same = middle + 1;
    else other = middle;
  }
  return same === 0 ? 0 : known[same - 1]!.sequence;
}

/** Messages of the log in the stream's present numbering. */
function knownMessages({ log, place }: LiveRows): Message[] {
  const { generation } = place();
  return Array.from({ length: log.size() }, (_, row) => log.record(row)).filter(
    ({ kind, generation: own }) => kind !== 'renumbered' && own === generation,
  );
}

export function timesOf(manager: JetStreamManager, { config: { name } }: StreamInfo): TimeOf {
  return async (sequence) => {
    const message = await manager.streams.getMessage(name, { seq: sequence });
    return message ? nanosecondsOf(message.timestamp) : undefined;
  };
}

/** @param time as `2026-11-24T12:00:00.123456789Z`; trailing zeros may be left out. */
export function nanosecondsOf(time: string): bigint {
  const [, whole, fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

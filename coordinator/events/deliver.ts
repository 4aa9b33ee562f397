/**
 * Follows the event log to NATS, however often NATS goes away. Training never waits for it: what is not delivered lies
 * in the log, and where to go on is asked of the stream each time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { toProspectError } from '../../core/errors.js';
import { natsError } from '../nats/errors.js';
import { keepConnected } from '../nats/keep-connected.js';
import type { RunLog } from '../run-log.js';
import { gapBefore, nextBatchSize, takeBatch } from './batches.js';
import { type EventLine, eventLine } from './event-line.js';
import type { EventLog } from './event-log.js';
import { type EventSink, openEventSink } from './event-sink.js';
import type { Place } from './log-file.js';

export interface Delivery {
  /** Events that NATS has not acknowledged, as far as that is known. */
  waiting(): number;
  /** Waits for what is still to be delivered, but not for long. */
  close(): Promise<void>;
}

export interface DeliveryOptions {
  readonly nats: NatsConfig;
  readonly events: EventLog;
  readonly connect: () => Promise<NatsConnection>;
  /** The one that was opened when the run started; undefined: NATS was away. */
  readonly connection: NatsConnection | undefined;
  readonly log: RunLog;
  /** Unix time. */
  readonly timeMs: () => number;
}

/** Steps of so long go together: alone each would cost a sync of the log and a turn of the connection. */
const GATHERED_MS = 250;
/** At the end of a run; what is left then stays in events.jsonl. */
const LAST_WAIT_MS = 5_000;

export function startDelivery(options: DeliveryOptions): Delivery {
  const { events, log } = options;
  const stopping = new AbortController();
  const finishing = new AbortController();
  const progress: Progress = {
    position: 0,
    finishing: finishing.signal,
    isAway: options.connection === undefined,
    isReplaced: false,
  };
  const done = deliverAll(options, progress, stopping);
  let closing: Promise<void> | undefined;
  const close = async () => {
    finishing.abort();
    const last = events.sequence();
    const late = new AbortController();
    const settled = untilDelivered(progress, last, late.signal);
    await Promise.race([settled, done, delay(LAST_WAIT_MS, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    stopping.abort();
    await done;
    const left = last - progress.position;
    if (left > 0 && !progress.isReplaced)
      log.warn({ events: left }, `nats: ${left} events were not delivered; they are in events.jsonl`);
  };
  return {
    waiting: () => Math.max(0, events.sequence() - progress.position),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

interface Progress {
  /** Of the last event that NATS has acknowledged. */
  position: number;
  /** What is left goes without gathering. */
  readonly finishing: AbortSignal;
  /** Said to a person once each time. */
  isAway: boolean;
  /** By another coordinator, which delivers the rest. */
  isReplaced: boolean;
}

const LOOK_AGAIN_MS = 20;

async function untilDelivered(progress: Progress, last: number, signal: AbortSignal): Promise<void> {
  while (progress.position < last && !signal.aborted) {
    await delay(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function deliverAll(options: DeliveryOptions, progress: Progress, stopping: AbortController): Promise<void> {
  const { signal } = stopping;
  const { nats, events } = options;
  let first = options.connection;
  await keepConnected({
    async connect() {
      const connection = first ?? (await options.connect());
      first = undefined;
      return connection;
    },
    async use(connection, works) {
      const sink = await openEventSink(connection, nats, events.run);
      catchUp(sink, options, progress);
      works();
      await follow(sink, options, progress, signal);
    },
    onAway(thrown) {
      progress.isReplaced = toProspectError(thrown).code === 'LEASE_LOST';
      if (progress.isReplaced) stopping.abort();
      else tellAway(thrown, options, progress);
    },
    signal,
  });
}

/**
 * Where NATS stands. That can be behind what it has acknowledged, since it acknowledges before it syncs; and ahead of the
 * log only when somebody has removed that.
 */
function catchUp(sink: EventSink, { events, log }: DeliveryOptions, progress: Progress): void {
  progress.position = sink.position();
  if (progress.position > events.sequence()) {
    log.warn(
      {},
      'nats: the stream has more events than events.jsonl, which was removed or is old; going on behind them',
    );
    events.skipTo(progress.position);
  }
  if (progress.isAway) log.info({ behind: events.sequence() - progress.position }, 'nats: events are delivered');
  progress.isAway = false;
}

async function follow(
  sink: EventSink,
  { events, timeMs }: DeliveryOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  let place: Place | undefined;
  let batchSize = 1;
  while (!signal.aborted) {
    await events.beyond(progress.position, signal);
    const { lines, next } = await events.read(progress.position, place);
    place = next;
    for (let left = withGap(lines, progress.position, events.run, timeMs()); left.length > 0 && !signal.aborted; ) {
      const batch = takeBatch(left, batchSize);
      const accepted = await sink.publish(batch);
      progress.position = batch[accepted - 1]!.sequence;
      batchSize = nextBatchSize(batchSize, accepted === batch.length);
      left = left.slice(accepted);
    }
    await gather(events, progress, signal);
  }
}

/** Steps wait for each other; all else that happens is told at once. */
async function gather(events: EventLog, { position, finishing }: Progress, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const ends = AbortSignal.any([signal, finishing, over.signal]);
  const later = delay(GATHERED_MS, undefined, { signal: ends }).catch(() => undefined);
  await Promise.race([later, events.beyond(position, ends, true)]);
  over.abort();
}

/** Lost numbers are counted by an event that has the last of them. */
function withGap(lines: readonly EventLine[], position: number, run: string, timeMs: number): readonly EventLine[] {
  return lines.flatMap((line, i) => {
    const gap = gapBefore(line, lines[i - 1]?.sequence ?? position);
    if (!gap) return [line];
    const { from, to } = gap;
    return [eventLine({ kind: 'gap', from, to, lost: to - from + 1 }, { sequence: to, run, timeMs }), line];
  });
}

function tellAway(thrown: unknown, { nats, log }: DeliveryOptions, progress: Progress): void {
  if (progress.isAway) return;
  progress.isAway = true;
  const { message } = toProspectError(natsError(thrown, nats));
  log.warn({}, `${message}; events are kept in events.jsonl until it is back`);
}

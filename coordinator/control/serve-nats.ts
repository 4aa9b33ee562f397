/** Commands over NATS: requests on the run's control subject are answered as long as the run goes on. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { controlSubject } from '../../core/control/messages.js';
import { ProspectError, toProspectError } from '../../core/errors.js';
import { connectNats } from '../nats/connect.js';
import { natsError } from '../nats/errors.js';
import { keepConnected } from '../nats/keep-connected.js';
import type { RunLog } from '../run-log.js';
import { answerRequest, errorReply } from './answer-request.js';
import type { Control } from './control.js';
import { afterRequest, freshRate } from './request-rate.js';

export interface NatsControlOptions {
  readonly nats: NatsConfig;
  readonly runId: string;
  readonly control: Control;
  readonly log: RunLog;
}

export interface NatsControl {
  /** Replies to what it has begun to answer. */
  close(): Promise<void>;
}

/** A server that hangs does not keep the run from its end. */
const LAST_REPLY_MS = 2000;

const CONNECTION_NAME = 'prospect control';

/** Returns at once: a server that is away is waited for beside the run. */
export function serveOverNats(options: NatsControlOptions): NatsControl {
  const { nats, log } = options;
  const stopping = new AbortController();
  let isAway = false;
  const done = keepConnected({
    connect: () => connectNats(nats, CONNECTION_NAME, process.env),
    use: (connection, works) =>
      serve(connection, options, stopping.signal, () => {
        works();
        if (isAway) log.info({}, 'nats: commands are taken');
        isAway = false;
      }),
    onAway(thrown) {
      if (!isAway)
        log.warn({}, `${toProspectError(natsError(thrown, nats)).message}; commands by NATS wait until it is back`);
      isAway = true;
    },
    signal: stopping.signal,
  });
  return {
    async close() {
      stopping.abort();
      await done;
    },
  };
}

/** @throws when the connection broke, or may not subscribe. */
async function serve(
  connection: NatsConnection,
  { runId, control }: NatsControlOptions,
  signal: AbortSignal,
  onServing: () => void,
): Promise<void> {
  const subscription = connection.subscribe(controlSubject(runId));
  const stop = () => subscription.unsubscribe();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    await connection.flush();
    // It is when the server allows no subscription; what it says of that comes next.
    if (!subscription.isClosed()) onServing();
    await answerAll(subscription, control);
    // Replies that were given are on their way when it is closed.
    if (signal.aborted) await Promise.race([connection.flush(), delay(LAST_REPLY_MS, undefined, { ref: false })]);
    else throw new ProspectError('UNREACHABLE', `the connection to ${connection.getServer()} broke`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** One after the other, in the order in which they came. */
async function answerAll(requests: AsyncIterable<Msg>, control: Control): Promise<void> {
  let rate = freshRate(performance.now());
  for await (const request of requests) {
    // Nobody would hear the answer, and nothing is obeyed without one.
    if (!request.reply) continue;
    const next = afterRequest(rate, performance.now());
    rate = next ?? rate;
    const reply = next ? await answerRequest(request.data, control) : errorReply(tooMany());
    request.respond(JSON.stringify(reply));
  }
}

function tooMany(): ProspectError {
  return new ProspectError('UNREACHABLE', 'too many requests at once, nothing was changed; try again in a moment');
}

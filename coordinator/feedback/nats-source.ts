/** Follows the stream of rows into the row log, however often NATS goes away. Training never waits for NATS, only for rows. */
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { ProspectError, toProspectError } from '../../core/errors.js';
import { natsError } from '../nats/errors.js';
import type { RunLog } from '../run-log.js';
import { createHeldMessages, type HeldMessages } from './held-messages.js';
import type { Intake } from './intake.js';
import type { LiveRows } from './live-rows.js';
import { readStream } from './read-stream.js';
import type { SourceState } from './source-state.js';

/** Where rows come from while a run goes on. */
export interface FeedbackSource {
  close(): Promise<void>;
}

export interface NatsSourceOptions {
  readonly nats: NatsConfig;
  readonly stream: string;
  readonly subject: string;
  readonly deadLetters: string;
  /** Of the consumer. */
  readonly name: string;
  readonly live: LiveRows;
  readonly intake: Intake;
  readonly state: SourceState;
  /** Are more rows of use? */
  readonly needsMore: () => boolean;
  readonly connect: () => Promise<NatsConnection>;
  /** The one that was opened when the run started; undefined: NATS was away. */
  readonly connection: NatsConnection | undefined;
  readonly log: RunLog;
  /** The run can't go on. */
  readonly onError: (error: Error) => void;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

export function startNatsSource(options: NatsSourceOptions): FeedbackSource {
  const stopping = new AbortController();
  const held = createHeldMessages(options.live);
  const done = followAlways(options, held, stopping.signal).catch(options.onError);
  return {
    async close() {
      stopping.abort();
      await done;
      held.close();
    },
  };
}

async function followAlways(options: NatsSourceOptions, held: HeldMessages, signal: AbortSignal): Promise<void> {
  const { connect, state } = options;
  let { connection } = options;
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      connection ??= await connect();
      await readStream(connection, options, held, signal, () => {
        waitMs = FIRST_WAIT_MS;
        tellBack(options);
      });
    } catch (thrown) {
      if (thrown instanceof ProspectError && thrown.code === 'STORAGE') throw thrown;
      tellAway(thrown, options);
    } finally {
      state.isConnected = false;
      held.forget();
      await leave(connection);
      connection = undefined;
    }
    if (!signal.aborted) await delay(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }
}

/** Acknowledgements that are on their way still get there. */
async function leave(connection: NatsConnection | undefined): Promise<void> {
  if (!connection || connection.isClosed()) return;
  await connection.flush().catch(() => undefined);
  await connection.close().catch(() => undefined);
}

function tellBack({ state, log, stream }: NatsSourceOptions): void {
  state.isConnected = true;
  if (state.trouble !== undefined) log.info({}, `nats: rows of ${stream} are read again`);
  state.trouble = undefined;
}

/** Once for each trouble, not for each try. */
function tellAway(thrown: unknown, { nats, state, log }: NatsSourceOptions): void {
  const { message } = toProspectError(natsError(thrown, nats));
  if (state.trouble === message) return;
  state.trouble = message;
  log.warn({}, `${message}; rows are read on when that is over`);
}

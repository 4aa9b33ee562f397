/** Starts what gives a live run its rows: the source that fills the row log, and what makes batches of them. */

import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import type { RunConfig } from '../../core/config/schema.js';
import { ProspectError } from '../../core/errors.js';
import type { RunEvents } from '../events/event-log.js';
import type { Journal } from '../journal/claim-journal.js';
import { connectNats } from '../nats/connect.js';
import { natsError } from '../nats/errors.js';
import type { RunLog } from '../run-log.js';
import { type BatchFormer, createBatchFormer } from './batch-former.js';
import { type BatchRules, needsMoreRows, type WaitingCounts } from './form-batch.js';
import { startHttpSource } from './http-source.js';
import { createIdleWatch, type Idle } from './idle-watch.js';
import type { LiveRows } from './live-rows.js';
import { type FeedbackSource, startNatsSource } from './nats-source.js';
import type { OpenedLive } from './open-live.js';
import { newSourceState, type SourceState } from './source-state.js';
import { streamInfo } from './stream-consumer.js';

/** For a person who asks, and for metrics. */
export interface FeedbackStatus extends Readonly<SourceState> {
  /** Rows that no step has. */
  readonly waiting: WaitingCounts;
  /** What a step waits for; undefined while steps have their rows. */
  readonly idle: Idle | undefined;
  /** Of the newest message that is in the row log. */
  readonly sequence: number;
}

export interface LiveFeed {
  readonly rows: LiveRows;
  readonly former: BatchFormer;
  status(): FeedbackStatus;
  close(): Promise<void>;
}

export interface FeedOptions {
  readonly config: RunConfig;
  readonly opened: OpenedLive;
  readonly runId: string;
  readonly journal: Pick<Journal, 'append'>;
  readonly events: RunEvents;
  readonly log: RunLog;
  /** Milliseconds of a clock that never runs backwards. */
  readonly now: () => number;
  /** The run can't go on. */
  readonly onError: (error: Error) => void;
}

const DEFAULT_MIN_OF_EACH_CLASS = 1;
const DEFAULT_MAX_WAIT_SECONDS = 60;
const DEFAULT_ROWS_PER_SECOND = 1000;

/** @throws CONFIG_INVALID for a stream, a login or a token that is not there; ADDRESS_IN_USE */
export async function startFeed(options: FeedOptions): Promise<LiveFeed> {
  const { config, opened, journal, events, log, now } = options;
  const { rows } = opened;
  const rules: BatchRules = {
    globalBatch: config.training.globalBatch,
    minOfEachClass: config.data.minOfEachClass ?? DEFAULT_MIN_OF_EACH_CLASS,
    maxWaitMs: 1000 * (config.data.maxWaitSeconds ?? DEFAULT_MAX_WAIT_SECONDS),
  };
  rows.begin(journal);
  const idle = createIdleWatch({ rules, events, log, now });
  const state = newSourceState();
  const source = await (config.data.source === 'nats' ? natsSource : httpSource)(options, rules, state);
  return {
    rows,
    former: createBatchFormer({ live: rows, rules, idle, now }),
    status: () => ({ ...state, waiting: rows.waiting(), idle: idle.current(), sequence: rows.place().sequence }),
    close: source.close,
  };
}

async function natsSource(options: FeedOptions, rules: BatchRules, state: SourceState): Promise<FeedbackSource> {
  const { opened, runId, log, onError } = options;
  const { data } = options.config;
  const nats = options.config.nats!;
  const [stream, subject] = [data.stream!, data.subject!];
  const connect = () => connectNats(nats, 'prospect rows', process.env);
  const connection = await firstConnection(connect, nats, { stream, subject }).catch((error: unknown) => {
    if (!(error instanceof ProspectError) || error.code !== 'UNREACHABLE') throw error;
    log.warn({}, `${error.message}; the run waits for it, and for rows`);
    state.trouble = error.message;
    return undefined;
  });
  return startNatsSource({
    nats,
    stream,
    subject,
    deadLetters: data.deadLetters ?? `prospect.dead.${stream}`,
    name: `prospect-${runId}`,
    live: opened.rows,
    intake: opened.intake,
    state,
    needsMore: () => needsMoreRows(opened.rows.waiting(), rules),
    connect,
    connection,
    log,
    onError,
  });
}

async function firstConnection(
  connect: () => Promise<NatsConnection>,
  nats: NatsConfig,
  source: { readonly stream: string; readonly subject: string },
): Promise<NatsConnection> {
  const connection = await connect();
  try {
    await streamInfo(await jetstreamManager(connection), source);
    return connection;
  } catch (thrown) {
    await connection.close();
    throw natsError(thrown, nats);
  }
}

function httpSource(options: FeedOptions, _: BatchRules, state: SourceState): Promise<FeedbackSource> {
  const { opened, log, onError } = options;
  const { listen, tokenVariable, rowsPerSecond = DEFAULT_ROWS_PER_SECOND } = options.config.data;
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(listen!)!;
  return startHttpSource({
    host: bracketed ?? plain!,
    port: Number(port),
    token: tokenVariable === undefined ? undefined : tokenOf(tokenVariable),
    rowsPerSecond,
    live: opened.rows,
    intake: opened.intake,
    state,
    log,
    onError,
  });
}

function tokenOf(variable: string): string {
  const token = process.env[variable];
  if (token) return token;
  throw new ProspectError('CONFIG_INVALID', `data.tokenVariable: the environment variable ${variable} is not set`);
}

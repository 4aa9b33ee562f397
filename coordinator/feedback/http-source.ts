/**
 * Rows over plain HTTP, for products without NATS: POST /feedback answers 202 when the rows would survive a crash. A request
 * is taken whole or not at all; one with an Idempotency-Key may be sent again without its rows counting twice.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ProspectError, toProspectError } from '../../core/errors.js';
import type { RunLog } from '../run-log.js';
import { checkRequest, keyHashOf, Refusal, ROWS_PATH, readRows } from './http-request.js';
import type { Intake } from './intake.js';
import type { LiveRows } from './live-rows.js';
import type { FeedbackSource } from './nats-source.js';
import { type Allowance, fullAllowance, takeRows } from './rate-limit.js';
import type { NewRow } from './row-log.js';
import type { SourceState } from './source-state.js';

export interface HttpSourceOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** That senders must have; undefined: anybody who reaches it may send. */
  readonly token: string | undefined;
  readonly rowsPerSecond: number;
  readonly live: LiveRows;
  readonly intake: Intake;
  readonly state: SourceState;
  readonly log: RunLog;
  /** The run can't go on. */
  readonly onError: (error: Error) => void;
}

export interface HttpSource extends FeedbackSource {
  readonly address: string;
}

/** More rows that no step has yet are not taken: a run that stands still must not fill the disk. */
const MOST_WAITING_ROWS = 100_000;
const FULL_RETRY_SECONDS = 60;
const REQUEST_MS = 30_000;

/** @throws ADDRESS_IN_USE */
export async function startHttpSource(options: HttpSourceOptions): Promise<HttpSource> {
  const { host, port, state, log } = options;
  const receive = createReceiver(options);
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    receive(request).then(
      (answer) => respond(response, 202, answer),
      (thrown: unknown) => refuse(response, thrown, options),
    );
  });
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    throw new ProspectError('ADDRESS_IN_USE', `data.listen: ${host}:${port}: ${(cause as Error).message}`, { cause });
  });
  state.isConnected = true;
  const bound = server.address() as { port: number };
  const address = `${host.includes(':') ? `[${host}]` : host}:${bound.port}`;
  log.info({ address }, `rows are taken on http://${address}${ROWS_PATH}`);
  return {
    address,
    async close() {
      state.isConnected = false;
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Taken {
  /** Messages that are new. */
  readonly taken: number;
  /** That were sent before under the same key. */
  readonly repeated: number;
}

function createReceiver(options: HttpSourceOptions): (request: IncomingMessage) => Promise<Taken> {
  const { token, rowsPerSecond, live, intake, state } = options;
  const keys = keysOf(live);
  let { sequence } = live.place();
  let allowance: Allowance = fullAllowance(rowsPerSecond, performance.now());
  let written: Promise<unknown> = Promise.resolve();

  const allow = (rows: number) => {
    const { desirable, undesirable } = live.waiting();
    if (desirable + undesirable > MOST_WAITING_ROWS) {
      throw new Refusal(503, 'the run has more rows than it can train on', { retrySeconds: FULL_RETRY_SECONDS });
    }
    const answer = takeRows(allowance, rows, rowsPerSecond, performance.now());
    if ('retrySeconds' in answer) throw new Refusal(429, 'too many rows a second (data.rowsPerSecond)', answer);
    ({ allowance } = answer);
  };
  return async (request) => {
    checkRequest(request, token);
    const texts = await readRows(request);
    allow(texts.length);
    const key = request.headers['idempotency-key'];
    const rows: NewRow[] = [];
    const fresh: bigint[] = [];
    let taken = 0;
    for (const [i, text] of texts.entries()) {
      const keyHash = keyHashOf(typeof key === 'string' ? key : undefined, i + 1);
      if (keyHash !== 0n && keys.has(keyHash)) continue;
      const timeNs = BigInt(Date.now()) * 1_000_000n;
      const message = intake.read(text, { generation: 0, sequence: sequence + taken + 1, timeNs, keyHash });
      if ('problem' in message) {
        state.refused++;
        throw new Refusal(400, message.problem.reason, { line: i + 1, detail: message.problem.detail });
      }
      rows.push(...message.rows);
      fresh.push(keyHash);
      taken++;
    }
    // Nothing was waited for since the sequence was looked up: no other request has these numbers.
    sequence += taken;
    for (const keyHash of fresh) if (keyHash !== 0n) keys.add(keyHash);
    if (rows.length > 0) written = live.append(rows);
    // Rows that are sent again may still be on their way to the disk.
    await written;
    state.received += taken;
    state.repeated += texts.length - taken;
    return { taken, repeated: texts.length - taken };
  };
}

function keysOf({ log }: LiveRows): Set<bigint> {
  const keys = new Set<bigint>();
  for (let row = 0; row < log.size(); row++) {
    const { keyHash } = log.record(row);
    if (keyHash !== 0n) keys.add(keyHash);
  }
  return keys;
}

function refuse(response: ServerResponse, thrown: unknown, { onError, log }: HttpSourceOptions): void {
  if (thrown instanceof Refusal) {
    respond(response, thrown.status, { error: thrown.message, ...thrown.facts });
    return;
  }
  const error = toProspectError(thrown);
  // Its sender is gone in the middle of it.
  if (error.code !== 'STORAGE') {
    log.debug({ reason: error.message }, 'request broken off');
    respond(response, 400, { error: 'the request was broken off' });
    return;
  }
  respond(response, 500, { error: 'the rows could not be written; the run ends' });
  onError(error);
}

function respond(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  const text = `${JSON.stringify(body)}\n`;
  const retry = 'retrySeconds' in body ? { 'Retry-After': String(body.retrySeconds) } : {};
  // The rest of a body that is too large is not read.
  const close = status === 413 ? { Connection: 'close' } : {};
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...retry,
    ...close,
  });
  response.end(text);
}

/** Rows POSTed to the coordinator: 202 only when they are safe, 400 with the reason, and never twice under one key. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { parseRunEvent } from '../../core/events/run-event.js';
import { protocolRun, type RunSetting } from '../support/protocol-run.js';
import { thumb } from '../support/thumbs.js';

const BATCH = 8;
const STEPS = 3;
const TOKEN = 'PROSPECT_TEST_FEEDBACK_TOKEN';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-http-'));
});
afterEach(async () => {
  delete process.env[TOKEN];
  await rm(folder, { recursive: true, force: true });
});

async function httpRun(setting: Partial<RunSetting> = {}) {
  const address = withResolvers<string>();
  const started = await protocolRun({
    wanted: 1,
    folder,
    onLog: (message, details) => {
      if (message.startsWith('rows are taken on')) address.resolve((details as { address: string }).address);
    },
    ...setting,
    config: {
      data: {
        train: undefined,
        source: 'http',
        listen: '127.0.0.1:0',
        heldOut: 0,
        maxWaitSeconds: 300,
        ...setting.config?.data,
      },
      training: { maxSteps: STEPS, globalBatch: BATCH },
    },
  });
  return { ...started, url: `http://${await address.promise}/feedback` };
}

interface Sent {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

async function post(url: string, rows: readonly unknown[], more: Record<string, string> = {}): Promise<Sent> {
  const body = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');
  const type = rows.length === 1 ? 'application/json' : 'application/jsonl';
  const response = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': type, ...more } });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

function thumbs(first: number, end: number) {
  return Array.from({ length: end - first }, (_, i) => thumb(first + i));
}

async function trained(): Promise<number[]> {
  const text = await readFile(join(folder, 'out', 'events.jsonl'), 'utf8');
  const events = text.trimEnd().split('\n').map(parseRunEvent);
  return events.flatMap((event) => (event.kind === 'step' ? (event.sequences ?? []) : []));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

describe('rows over HTTP', () => {
  test('are trained once each, one or many in a request, also when requests are sent again', async () => {
    const { url, run, join: add } = await httpRun();
    const life = add({ id: 'a' });
    expect((await post(url, [thumb(0)], { 'Idempotency-Key': 'first' })).body).toEqual({ taken: 1, repeated: 0 });
    const many = thumbs(1, 20);
    const answers = await Promise.all([1, 2, 3].map(() => post(url, many, { 'Idempotency-Key': 'many' })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(answers.map(({ body }) => body.taken).sort()).toEqual([0, 0, 19]);
    expect((await post(url, [thumb(0)], { 'Idempotency-Key': 'first' })).body).toEqual({ taken: 0, repeated: 1 });
    await post(url, thumbs(20, 24));
    await run;
    await life;
    expect(await trained()).toEqual(upTo(24));
  });

  test('that were answered 202 are trained after a kill before the first step, and keys are still known', async () => {
    const killed = new ProspectError('INTERNAL', 'killed');
    const first = await httpRun();
    expect((await post(first.url, thumbs(0, 10), { 'Idempotency-Key': 'k' })).status).toBe(202);
    first.fail(killed);
    await expect(first.run).rejects.toThrow('killed');
    await expect(httpRun()).rejects.toThrow(/is not finished \(0 steps so far\)/);
    const second = await httpRun({ resume: { mode: 'automatic', allow: [] } });
    const life = second.join({ id: 'a' });
    expect((await post(second.url, thumbs(0, 10), { 'Idempotency-Key': 'k' })).body).toEqual({
      taken: 0,
      repeated: 10,
    });
    await post(second.url, thumbs(10, 24));
    await second.run;
    await life;
    expect(await trained()).toEqual(upTo(24));
  });

  test('are refused whole, with line and reason, when one cannot be used', async () => {
    const { url, run, fail } = await httpRun();
    const answer = await post(url, [thumb(0), { prompt: 'a', completion: 'b', label: 'up' }, thumb(1)]);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: 'label is not true or false', line: 2, detail: 'found "up"' });
    expect((await post(url, ['{"prompt": "no end'])).body.error).toBe('not JSON');
    expect((await post(url, [thumb(0)], { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await post(url, [' '.repeat(5 * 2 ** 20)])).status).toBe(413);
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(url.replace('feedback', 'rows'))).status).toBe(404);
    fail(new ProspectError('INTERNAL', 'enough'));
    await expect(run).rejects.toThrow('enough');
  });

  test('need the token, where there is one', async () => {
    await expect(httpRun({ config: { data: { tokenVariable: TOKEN } } })).rejects.toThrow(`${TOKEN} is not set`);
    process.env[TOKEN] = 'open sesame';
    const { url, run, fail } = await httpRun({ config: { data: { tokenVariable: TOKEN } } });
    expect((await post(url, [thumb(0)])).status).toBe(401);
    expect((await post(url, [thumb(0)], { Authorization: 'Bearer open sesam' })).status).toBe(401);
    expect((await post(url, [thumb(0)], { Authorization: 'Bearer open sesame' })).status).toBe(202);
    fail(new ProspectError('INTERNAL', 'enough'));
    await expect(run).rejects.toThrow('enough');
  });

  test('come no faster than is allowed', async () => {
    const { url, run, fail } = await httpRun({ config: { data: { rowsPerSecond: 2 } } });
    expect((await post(url, thumbs(0, 25))).status).toBe(202);
    const refused = await post(url, [thumb(25)]);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    fail(new ProspectError('INTERNAL', 'enough'));
    await expect(run).rejects.toThrow('enough');
  });
});

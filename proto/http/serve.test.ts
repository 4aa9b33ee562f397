/** The listener against real requests: what it answers, what it refuses, and that streams end with who takes them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import { type Route, textAnswer } from './route.js';
import { serveHttp, type WebServer } from './serve.js';

const ENDPOINT = { host: '127.0.0.1', port: 0 };

const errors: string[] = [];
const streamEnded = withResolvers<string>();
let server: WebServer;

const ROUTES: Route[] = [
  { method: 'GET', path: '/hello', handle: ({ query }) => textAnswer(200, `hello ${query.get('name')}`) },
  { method: 'POST', path: '/echo', handle: ({ body }) => textAnswer(200, body.toString()) },
  {
    method: 'GET',
    path: '/broken',
    handle() {
      throw new Error('nothing works');
    },
  },
  { method: 'GET', path: '/endless', handle: ({ signal }) => ({ type: 'text/event-stream', body: endless(signal) }) },
];

async function* endless(signal: AbortSignal): AsyncGenerator<string> {
  yield 'data: first\n\n';
  await once(signal, 'abort');
  streamEnded.resolve('who took it has gone');
}

beforeEach(async () => {
  errors.length = 0;
  server = await serveHttp(ENDPOINT, ROUTES, { onError: ({ message }) => errors.push(message) });
});
afterEach(() => server.close());

function ask(path: string, options: RequestInit = {}): Promise<Response> {
  return fetch(`http://${server.address}${path}`, options);
}

test('a route is answered, and nobody keeps or guesses at the answer', async () => {
  const response = await ask('/hello?name=you');
  expect(await response.text()).toBe('hello you\n');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('HEAD is GET without the body', async () => {
  const response = await ask('/hello?name=you', { method: 'HEAD' });
  expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '10', '']);
});

test('what is not there, and what is there for another method, is told apart', async () => {
  expect((await ask('/nothing')).status).toBe(404);
  expect((await ask('/hello', { method: 'POST' })).status).toBe(405);
  expect((await ask('/echo')).status).toBe(405);
});

test('a body is taken up to 64 KiB, however it comes', async () => {
  const longest = 'x'.repeat(64 * 1024);
  expect(await (await ask('/echo', { method: 'POST', body: longest })).text()).toBe(`${longest}\n`);
  expect((await ask('/echo', { method: 'POST', body: `${longest}x` })).status).toBe(413);
});

test('headers beyond 8 KiB are refused', async () => {
  expect((await ask('/hello', { headers: { long: 'x'.repeat(9 * 1024) } })).status).toBe(431);
});

test('what a handler throws is for the log, and the next request is answered', async () => {
  const response = await ask('/broken');
  expect([response.status, (await response.text()).includes('nothing works')]).toEqual([500, false]);
  expect(errors).toEqual(['nothing works']);
  expect((await ask('/hello')).status).toBe(200);
});

test('who asks too often is told when to come back', async () => {
  const responses: Response[] = [];
  for (let i = 0; i < 150; i++) responses.push(await ask('/hello'));
  const refused = responses.findIndex(({ status }) => status === 429);
  expect(refused).toBeGreaterThanOrEqual(100);
  expect(responses[refused]!.headers.get('retry-after')).toBe('1');
});

test('a request that is no HTTP ends its connection and nothing else', async () => {
  const [host, port] = server.address.split(':');
  const socket = connect(Number(port), host).end('nonsense\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
  expect((await ask('/hello')).status).toBe(200);
});

test('a stream comes as it is made, and is told when whoever takes it goes', async () => {
  const leaving = new AbortController();
  const response = await ask('/endless', { signal: leaving.signal });
  const { value } = await response.body!.getReader().read();
  expect(new TextDecoder().decode(value)).toBe('data: first\n\n');
  leaving.abort();
  expect(await streamEnded.promise).toBe('who took it has gone');
});

test('an address that is taken is refused with what to do', async () => {
  const port = Number(server.address.split(':')[1]);
  const second = serveHttp({ ...ENDPOINT, port }, ROUTES, { onError: () => undefined });
  await expect(second).rejects.toThrow(/is in use by another process\. Choose another port/);
});

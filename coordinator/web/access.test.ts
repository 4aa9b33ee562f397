import { expect, test } from 'vitest';
import { type Route, textAnswer } from '../../proto/http/route.js';
import { type Access, guarded } from './access.js';

const TOKEN = 'sixteen letters or more';
const ROUTE: Route = { method: 'GET', path: '/', handle: () => textAnswer(200, 'all of it') };

async function statusOf(access: Access, headers: Record<string, string>): Promise<number | undefined> {
  const request = {
    query: new URLSearchParams(),
    headers,
    body: Buffer.alloc(0),
    signal: new AbortController().signal,
  };
  return (await guarded(ROUTE, access).handle(request)).status;
}

test('on loopback who asks for this machine by name may look', async () => {
  const access = { host: '127.0.0.1', token: () => TOKEN };
  for (const host of ['127.0.0.1:9464', 'localhost:9464', '[::1]:9464'])
    expect(await statusOf(access, { host })).toBe(200);
});

test('a name that was made to mean this machine may not', async () => {
  const access = { host: '127.0.0.1', token: () => TOKEN };
  for (const host of ['evil.example:9464', '']) expect(await statusOf(access, { host })).toBe(403);
});

test('elsewhere the token is needed, and without one nobody may', async () => {
  const access = { host: '0.0.0.0', token: () => TOKEN };
  expect(await statusOf(access, { authorization: `Bearer ${TOKEN}` })).toBe(200);
  expect(await statusOf(access, { authorization: 'Bearer another' })).toBe(401);
  expect(await statusOf(access, { host: 'localhost' })).toBe(401);
  expect(await statusOf({ ...access, token: () => undefined }, { authorization: 'Bearer ' })).toBe(403);
});

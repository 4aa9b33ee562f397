/** An answer onto the wire; a stream waits for whoever takes it. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { WebAnswer } from './route.js';

/** What is told is of this moment, and nobody but the reader decides what it is. */
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Resolves when all is handed over, or whoever asked has gone. @param isHead the body is left out. */
export async function sendAnswer(
  response: ServerResponse,
  isHead: boolean,
  answer: WebAnswer | Promise<WebAnswer>,
): Promise<void> {
  const { status = 200, type, headers, body } = await answer;
  if (response.destroyed) return;
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  const length = isWhole ? { 'content-length': Buffer.byteLength(body) } : {};
  response.writeHead(status, { ...HEADERS, ...headers, ...length, 'content-type': type });
  if (isHead) response.end();
  else if (isWhole) response.end(body);
  else await sendStream(response, body);
}

async function sendStream(response: ServerResponse, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  response.flushHeaders();
  const gone = once(response, 'close');
  for await (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), gone]);
  }
  response.end();
}

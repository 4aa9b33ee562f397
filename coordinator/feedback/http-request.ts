/** A request with rows, checked before anything is done about it. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isSameSecret } from '../../core/same-secret.js';

/** What a request is refused with. */
export class Refusal extends Error {
  readonly status: number;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.facts = facts;
  }
}

export const ROWS_PATH = '/feedback';
/** Rows are a few KiB. */
const LARGEST_BODY_BYTES = 4 * 2 ** 20;
/** They are tokenized in one go, some 30 ms for all. */
const MOST_ROWS = 500;

/** Also what keeps web pages out: a browser asks before it sends these elsewhere, and is not answered. */
const ONE_ROW = ['application/json'];
const ROW_A_LINE = ['application/jsonl', 'application/x-ndjson', 'application/x-jsonlines'];

/** @throws Refusal 404, 405, 401, 415 */
export function checkRequest({ method, url, headers }: IncomingMessage, token: string | undefined): void {
  if (url?.split('?')[0] !== ROWS_PATH) throw new Refusal(404, `rows are POSTed to ${ROWS_PATH}`);
  if (method !== 'POST') throw new Refusal(405, `rows are POSTed, this is ${method}`);
  if (token !== undefined && !isSameSecret(headers.authorization ?? '', `Bearer ${token}`)) {
    throw new Refusal(401, 'the header Authorization: Bearer <token> is missing, or has another token');
  }
  const type = typeOf(headers['content-type']);
  if (ONE_ROW.includes(type) || ROW_A_LINE.includes(type)) return;
  throw new Refusal(415, 'Content-Type must be application/json for one row, application/jsonl for a row a line');
}

/** @returns the text of each row. @throws Refusal 413, 400 */
export async function readRows(request: IncomingMessage): Promise<string[]> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > LARGEST_BODY_BYTES)
      throw new Refusal(413, `more than ${LARGEST_BODY_BYTES} bytes; send fewer rows at once`);
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString('utf8');
  const isOne = ONE_ROW.includes(typeOf(request.headers['content-type']));
  const rows = isOne ? [text] : text.split('\n').filter((line) => line.trim() !== '');
  if (rows.length === 0) throw new Refusal(400, 'there is no row in it');
  if (rows.length > MOST_ROWS)
    throw new Refusal(413, `${rows.length} rows, more than ${MOST_ROWS}; send fewer at once`);
  return rows;
}

/** Of a row of a request: the same when the request is sent again. 0 without a key. */
export function keyHashOf(key: string | undefined, line: number): bigint {
  if (key === undefined || key === '') return 0n;
  return createHash('sha256').update(`${line}\n${key}`).digest().readBigUInt64LE() | 1n;
}

function typeOf(header: string | undefined): string {
  return (header ?? '').split(';')[0]!.trim().toLowerCase();
}

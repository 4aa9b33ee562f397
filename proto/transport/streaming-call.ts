/** The server's end of a gRPC call of one request and a stream of responses, which are large mostly and are not copied. */
import { ProspectError } from '../../core/errors.js';
import type { Callers } from './admit-call.js';
import { OK, RESPONSE_HEADERS, statusOf } from './errors.js';
import type { Http2Stream, StreamReceiver } from './http2/stream.js';
import { PREFIX_BYTES } from './message-reader.js';
import type { Link } from './tensor-frame.js';

/** Makes a message when the connection has room for it; throws when what it is made of is gone. */
export type MessageMaker = (link: Link) => MessageParts;

/** Of one message. Not copied: what changes before it is sent arrives changed, so a checksum must be inside. */
export type MessageParts = readonly Uint8Array[];

export interface StreamMethod {
  /** /package.Service/Method. */
  readonly path: string;
  readonly callers: Callers;
  /** @param request the message's bytes. */
  serve(request: Uint8Array): AsyncIterable<MessageMaker>;
}

/** Requests say what is wanted, in some numbers. */
const REQUEST_BYTES = 64 * 1024;
const UNIMPLEMENTED = { 'grpc-status': '12', 'grpc-message': 'no such method' };

interface Call {
  readonly stream: Http2Stream;
  readonly link: Link;
  /** Undefined when there is none of that name. */
  readonly method: StreamMethod | undefined;
}

/** What is too large is read to its end, so that the refusal can be sent, but not kept. */
export function acceptStreaming(call: Call, callEnded: () => void): StreamReceiver {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    headers: () => undefined,
    data(part) {
      bytes += part.length;
      if (bytes <= REQUEST_BYTES) chunks.push(Buffer.from(part));
      call.stream.taken(part.length);
    },
    ended() {
      const request = bytes <= REQUEST_BYTES ? Buffer.concat(chunks).subarray(PREFIX_BYTES) : undefined;
      void answer(call, request);
    },
    closed: callEnded,
  };
}

async function answer({ stream, link, method }: Call, request: Uint8Array | undefined): Promise<void> {
  let status: Readonly<Record<string, string>> = method ? OK : UNIMPLEMENTED;
  stream.sendHeaders(RESPONSE_HEADERS);
  try {
    if (!request) throw new ProspectError('PROTOCOL', `a request has more than ${REQUEST_BYTES} bytes`);
    if (method) await sendMessages(stream, method.serve(request), link);
  } catch (thrown) {
    status = statusOf(thrown);
  }
  stream.finish(Object.entries(status));
}

/** While one message is sent, the next is made. */
async function sendMessages(stream: Http2Stream, messages: AsyncIterable<MessageMaker>, link: Link): Promise<void> {
  let earlierSent: Promise<void> | undefined;
  for await (const makeMessage of messages) {
    if (stream.isOver()) return;
    const sent = stream.send(prefixed(makeMessage(link)));
    await earlierSent;
    earlierSent = sent;
  }
}

function prefixed(parts: MessageParts): Uint8Array[] {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(
    parts.reduce((sum, { length }) => sum + length, 0),
    1,
  );
  return [prefix, ...parts];
}

/** The streams of the project's own gRPC server, as a stock gRPC client sees them. */
import { Client, type ClientReadableStream, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { TENSOR_OPTIONS } from '../../proto/transport/channel-options.js';
import { listen } from '../../proto/transport/listen.js';
import { createStreamServer, type StreamServer } from '../../proto/transport/stream-server.js';
import type { MessageMaker } from '../../proto/transport/streaming-call.js';

const PATH = '/test.Service/Stream';
const MIB = 1024 * 1024;

async function messagesOf(stream: ClientReadableStream<Buffer>): Promise<Buffer[]> {
  const messages: Buffer[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

describe('streams', () => {
  let client: Client | undefined;
  let server: StreamServer | undefined;

  afterEach(() => {
    client?.close();
    server?.close();
  });

  async function call(serve: (request: Uint8Array) => AsyncIterable<MessageMaker>, path = PATH, request = 'a request') {
    server = createStreamServer([{ path: PATH, callers: 'members', serve }], {});
    const address = await listen(server, { host: '127.0.0.1', port: 0 });
    client = new Client(address, credentials.createInsecure(), { ...TENSOR_OPTIONS, 'grpc.enable_http_proxy': 0 });
    const same = (bytes: Buffer) => bytes;
    return client.makeServerStreamRequest(path, same, same, Buffer.from(request), new Metadata());
  }

  test('arrive in order and whole, from shared memory, and end with OK', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3 * MIB)).map((_, i) => i % 251);
    const stream = await call(async function* (request) {
      yield () => [request];
      yield () => [Buffer.alloc(0)];
      for (let at = 0; at < shared.length; at += MIB) yield () => [Buffer.from('head'), shared.subarray(at, at + MIB)];
    });
    const [echo, empty, ...large] = await messagesOf(stream);
    expect(String(echo)).toBe('a request');
    expect(empty).toHaveLength(0);
    expect(Buffer.concat(large.map((message) => message.subarray(4))).equals(shared)).toBe(true);
  });

  test('end with the status and the words of an error, after what was sent', async () => {
    const stream = await call(async function* () {
      yield () => [Buffer.from('first')];
      throw new ProspectError('PROTOCOL', 'step 7 is over: 100 % gone (“täglich”)');
    });
    const messages: string[] = [];
    stream.on('data', (message) => messages.push(String(message)));
    const error = await new Promise((resolve) => stream.on('error', resolve));
    expect(messages).toEqual(['first']);
    expect(error).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: 'step 7 is over: 100 % gone (“täglich”)',
    });
    expect((error as { metadata: Metadata }).metadata.get('prospect-code')).toEqual(['PROTOCOL']);
  });

  test('of another method are refused', async () => {
    const stream = await call(() => expect.unreachable(), '/test.Service/Other');
    await expect(messagesOf(stream)).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  test('are refused to a request that is too large', async () => {
    const stream = await call(() => expect.unreachable(), PATH, 'x'.repeat(MIB));
    await expect(messagesOf(stream)).rejects.toMatchObject({ details: 'a request has more than 65536 bytes' });
  });

  test('end at the sender when the receiver goes away without reading', async () => {
    const ended = withResolvers<number>();
    const stream = await call(async function* () {
      let made = 0;
      try {
        for (;;) {
          yield () => {
            made += 1;
            return [Buffer.alloc(MIB)];
          };
        }
      } finally {
        ended.resolve(made);
      }
    });
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.pause();
    stream.cancel();
    // What the windows and the socket take, and no more.
    expect(await ended.promise).toBeLessThan(64);
  });
});

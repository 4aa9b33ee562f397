/** The project's HTTP/2 with Node's at the other end. */
import { once } from 'node:events';
import { connect as connectHttp2, createServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { withResolvers } from '../../../core/async-queue.js';
import { type Connection, createConnection } from './connection.js';
import type { Headers } from './headers.js';
import type { StreamReceiver } from './stream.js';

const MIB = 1024 * 1024;
const HEADERS: [string, string][] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/any'],
  [':authority', 'test'],
];
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function portOf(server: Pick<Server, 'listen' | 'address' | 'close'>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A connection of ours to a server of Node's. */
async function clientOf(answer: (stream: ServerHttp2Stream) => void, windowBytes = MIB): Promise<Connection> {
  const server = createServer({ peerMaxConcurrentStreams: 10 });
  server.on('stream', answer);
  return connectTo(await portOf(server), windowBytes);
}

async function connectTo(port: number, windowBytes = MIB): Promise<Connection> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const connection = createConnection(socket, { windowBytes, frameBytes: 16_384 });
  socket.on('data', connection.receive);
  closers.push(() => connection.destroy());
  return connection;
}

interface Heard {
  readonly headers: Headers[];
  readonly body: Buffer[];
  readonly over: Promise<Error | undefined>;
  readonly receiver: StreamReceiver;
}

function listener(onPart: (part: Buffer) => void = () => undefined): Heard {
  const over = withResolvers<Error | undefined>();
  const [headers, body]: [Headers[], Buffer[]] = [[], []];
  const receiver = {
    headers: (came: Headers) => headers.push(came),
    data(part: Buffer) {
      body.push(Buffer.from(part));
      onPart(part);
    },
    ended: () => undefined,
    closed: over.resolve,
  };
  return { headers, body, over: over.promise, receiver };
}

test('a request arrives whole, and so do response and trailers', async () => {
  const requests: Promise<Buffer>[] = [];
  const connection = await clientOf((stream) => {
    requests.push(stream.toArray().then((parts) => Buffer.concat(parts)));
    stream.respond({ ':status': 200, 'x-name': 'Grüße' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(100_000, 'abc'));
  });
  const heard = listener();
  const stream = connection.request(HEADERS, heard.receiver);
  const request = Buffer.alloc(300_000, 'xyz');
  void stream.send([request.subarray(0, 7), request.subarray(7)]);
  stream.finish();
  expect(await heard.over).toBeUndefined();
  expect(heard.headers[0]!.get(':status')).toBe('200');
  expect(heard.headers[1]!.get('grpc-status')).toBe('0');
  expect(Buffer.concat(heard.body).equals(Buffer.alloc(100_000, 'abc'))).toBe(true);
  expect((await requests[0]!).equals(request)).toBe(true);
});

test('no more comes than the window allows, until the reader has taken it up', async () => {
  const connection = await clientOf((stream) => stream.end(Buffer.alloc(MIB)), 100_000);
  const [first, second] = [withResolvers<void>(), withResolvers<void>()];
  let received = 0;
  const heard = listener((part) => {
    received += part.length;
    if (received >= 100_000) first.resolve();
    if (received >= 200_000) second.resolve();
  });
  const stream = connection.request(HEADERS, heard.receiver);
  stream.finish();
  await first.promise;
  await new Promise<void>((resolve) => connection.ping(resolve));
  expect(received).toBe(100_000);
  stream.taken(100_000);
  await second.promise;
  await new Promise<void>((resolve) => connection.ping(resolve));
  expect(received).toBe(200_000);
});

test('streams share a connection: one that nobody reads holds no other up', async () => {
  const connection = await clientOf((stream) => stream.end(Buffer.alloc(MIB)), 70_000);
  const [unread, read] = [listener(), listener((part) => second.taken(part.length))];
  connection.request(HEADERS, unread.receiver).finish();
  const second = connection.request(HEADERS, read.receiver);
  second.finish();
  expect(await read.over).toBeUndefined();
  expect(Buffer.concat(read.body)).toHaveLength(MIB);
  expect(Buffer.concat(unread.body)).toHaveLength(70_000);
});

test('a stream that is reset ends alone, whichever end did it', async () => {
  const seen = withResolvers<void>();
  const connection = await clientOf((stream) => {
    stream.on('error', () => undefined);
    if (stream.id === 1) stream.close(2);
    else stream.on('close', () => seen.resolve());
  });
  const heard = listener();
  connection.request(HEADERS, heard.receiver).finish();
  expect(await heard.over).toMatchObject({ code: 'WORKER_LOST', message: 'the stream was reset with code 2' });
  connection.request(HEADERS, listener().receiver).reset();
  await seen.promise;
  expect(connection.isOver()).toBe(false);
});

test('what is no HTTP/2 ends the connection, and all its streams hear of it', async () => {
  const server = createTcpServer((socket: Socket) =>
    socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n'),
  );
  const connection = await connectTo(await portOf(server));
  const heard = listener();
  connection.request(HEADERS, heard.receiver).finish();
  expect(await heard.over).toMatchObject({ code: 'PROTOCOL', message: expect.stringContaining('a frame of') });
});

test('as a server it understands Node’s client, padding and many headers included', async () => {
  const server = createTcpServer((socket) => {
    const connection = createConnection(socket, {
      windowBytes: 65_535,
      frameBytes: 16_384,
      onRequest(headers, stream) {
        const parts: Buffer[] = [];
        return {
          headers: () => undefined,
          data(part) {
            parts.push(Buffer.from(part));
            stream.taken(part.length);
          },
          ended() {
            stream.sendHeaders([[':status', '200']]);
            void stream.send([Buffer.from(`${headers.get(':path')} ${headers.get('x-many')?.length} `), ...parts]);
            stream.finish([['grpc-status', '0']]);
          },
          closed: () => undefined,
        };
      },
    });
    socket.on('data', connection.receive);
  });
  const session = connectHttp2(`http://127.0.0.1:${await portOf(server)}`, { paddingStrategy: 1 });
  closers.push(() => session.destroy());
  for (let i = 0; i < 3; i++) {
    const stream = session.request({ ':method': 'POST', ':path': `/call${i}`, 'x-many': 'h'.repeat(30_000 + i) });
    stream.end(Buffer.alloc(200_000, i + 65));
    const body = Buffer.concat(await stream.toArray()).toString();
    expect(body).toBe(`/call${i} ${30_000 + i} ${String.fromCharCode(i + 65).repeat(200_000)}`);
  }
});

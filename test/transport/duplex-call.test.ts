/** Calls that stream both ways on the project's own gRPC server, as a stock gRPC client sees them. */
import { Client, type ClientDuplexStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { CONTROL_OPTIONS } from '../../proto/transport/channel-options.js';
import { type DuplexCall, type DuplexReceiver, prefixed } from '../../proto/transport/duplex-call.js';
import { listen } from '../../proto/transport/listen.js';
import { createStreamServer, type StreamServer } from '../../proto/transport/stream-server.js';

const PATH = '/test.Service/Talk';

let server: StreamServer | undefined;
let client: Client | undefined;

afterEach(() => {
  client?.close();
  server?.close();
});

async function talk(open: (call: DuplexCall) => DuplexReceiver): Promise<ClientDuplexStream<Buffer, Buffer>> {
  server = createStreamServer([{ path: PATH, callers: 'members', open }], {});
  const address = await listen(server, { host: '127.0.0.1', port: 0 });
  client = new Client(address, credentials.createInsecure(), { ...CONTROL_OPTIONS, 'grpc.enable_http_proxy': 0 });
  const same = (bytes: Buffer) => bytes;
  return client.makeBidiStreamRequest(PATH, same, same);
}

const echo = (call: DuplexCall): DuplexReceiver => ({
  message: (bytes) => call.send(prefixed(bytes)),
  ended: call.end,
});

async function answersTo(stream: ClientDuplexStream<Buffer, Buffer>, messages: readonly Buffer[]): Promise<Buffer[]> {
  for (const message of messages) stream.write(message);
  stream.end();
  const answers: Buffer[] = [];
  for await (const answer of stream) answers.push(answer);
  return answers;
}

test('messages go both ways, whole and in order, however large, until the client ends', async () => {
  const messages = [Buffer.alloc(0), Buffer.from('small'), Buffer.alloc(3_000_000, 7), Buffer.from('last')];
  const answers = await answersTo(await talk(echo), messages);
  expect(answers.map((answer) => answer.length)).toEqual(messages.map((message) => message.length));
  expect(Buffer.concat(answers).equals(Buffer.concat(messages))).toBe(true);
});

test('an error ends the call with its status and its own code, after what was sent', async () => {
  const stream = await talk((call) => ({
    message(bytes) {
      call.send(prefixed(bytes));
      call.fail(new ProspectError('WORKER_MISMATCH', 'another version'));
      call.send(prefixed(bytes));
    },
    ended: () => undefined,
  }));
  const answers: string[] = [];
  stream.on('data', (answer: Buffer) => answers.push(answer.toString()));
  stream.write(Buffer.from('hello'));
  const error = await new Promise<ServiceError>((resolve) => stream.on('error', resolve));
  expect(answers).toEqual(['hello']);
  expect(error.details).toBe('another version');
  expect(error.metadata.get('prospect-code')).toEqual(['WORKER_MISMATCH']);
});

test('what the receiver throws ends the call, and it is told that once', async () => {
  let ends = 0;
  const stream = await talk(() => ({
    message() {
      throw new ProspectError('PROTOCOL', 'a session begins with a join message');
    },
    ended: () => void ends++,
  }));
  stream.on('data', () => expect.unreachable());
  stream.write(Buffer.from('hello'));
  const error = await new Promise((resolve) => stream.on('error', resolve));
  expect(error).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'a session begins with a join message' });
  expect(ends).toBe(1);
});

test('a client that is gone is noticed, and what is sent to it then does no harm', async () => {
  const gone = withResolvers<DuplexCall>();
  const stream = await talk((call) => ({ ...echo(call), ended: () => gone.resolve(call) }));
  stream.on('error', () => undefined);
  stream.on('data', () => stream.cancel());
  stream.write(Buffer.from('hello'));
  const call = await gone.promise;
  call.send(prefixed(Buffer.from('too late')));
  call.end();
});

import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { PeerError } from '../allreduce/peer-error.js';
import { type Api, portCalls } from './port-calls.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Calls of one end of a channel to the other, which does this. */
function callsTo<Remote extends Api>(remote: Remote) {
  const { port1, port2 } = new MessageChannel();
  const [near, far] = [port1, port2].map((port) => ({
    postMessage: (message: unknown) => port.postMessage(message),
    onMessage: (listener: (message: unknown) => void) => void port.on('message', listener),
  }));
  closers.push(() => port1.close());
  portCalls(far!, remote);
  return portCalls<Remote>(near!, {});
}

test('a call returns what the other side does, on shared memory', async () => {
  const calls = callsTo({
    async negate(shared: SharedArrayBuffer) {
      new Float32Array(shared)[0]! *= -1;
      return 'done';
    },
  });
  const shared = new SharedArrayBuffer(4);
  new Float32Array(shared)[0] = 3;
  expect(await calls.call('negate', shared)).toBe('done');
  expect(new Float32Array(shared)[0]).toBe(-3);
});

test('an error arrives as what it was, with the peer that it names', async () => {
  const peer = { rank: 1, workerId: 'b', peerAddress: 'b:1', session: 7 };
  const calls = callsTo({
    async break() {
      throw new PeerError('WORKER_LOST', 'b is gone', { peer, isRefusal: true });
    },
  });
  const broken = await calls.call('break', undefined).catch((error) => error);
  expect(broken).toBeInstanceOf(PeerError);
  expect(broken).toMatchObject({ code: 'WORKER_LOST', message: 'b is gone', peer, isRefusal: true });
});

test('a call that nobody waits for any more is told so', async () => {
  const told = withResolvers<void>();
  const calls = callsTo({
    wait: (_: undefined, signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          told.resolve();
          reject(signal.reason);
        });
      }),
  });
  const unwanted = new AbortController();
  const waiting = calls.call('wait', undefined, unwanted.signal);
  unwanted.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await told.promise;
});

test('all calls fail when the other side is gone', async () => {
  const calls = callsTo({ wait: () => new Promise<void>(() => undefined) });
  const waiting = calls.call('wait', undefined);
  calls.fail(new ProspectError('INTERNAL', 'the thread ended'));
  await expect(waiting).rejects.toThrow('the thread ended');
  await expect(calls.call('wait', undefined)).rejects.toThrow('the thread ended');
});

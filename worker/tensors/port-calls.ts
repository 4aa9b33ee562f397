/** Calls in both directions over a port between two threads. */
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { errorOf, type SentError, sentError } from './sent-error.js';

/** A thread as its parent sees it, its own end, or one end of a channel. */
export interface Port {
  postMessage(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** What one side does for the other, by name. Arguments and results are cloned, shared memory is shared. */
export type Api = { readonly [method: string]: (argument: never, signal: AbortSignal) => unknown };

export interface PortCalls<Remote extends Api> {
  /** @param signal tells the other side that nobody waits any more; the call itself then fails with its reason. */
  call<Method extends keyof Remote>(
    method: Method,
    argument: Parameters<Remote[Method]>[0],
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<Remote[Method]>>>;
  /** A call whose end nobody waits for. */
  tell<Method extends keyof Remote>(method: Method, argument: Parameters<Remote[Method]>[0]): void;
  /** The other side is gone: all calls fail, now and later. */
  fail(error: Error): void;
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly argument: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: SentError };

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export function portCalls<Remote extends Api>(port: Port, local: Api): PortCalls<Remote> {
  const waiting = new Map<number, Waiting>();
  const running = new Map<number, AbortController>();
  let nextId = 0;
  let failure: Error | undefined;

  const post = (message: Message): void => port.postMessage(message);
  const settle = (id: number, how: (call: Waiting) => void): void => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (call) how(call);
  };
  const perform = async (id: number, method: string, argument: unknown): Promise<void> => {
    const cancelled = new AbortController();
    running.set(id, cancelled);
    try {
      post({ kind: 'result', id, result: await local[method]!(argument as never, cancelled.signal) });
    } catch (error) {
      post({ kind: 'error', id, error: sentError(error) });
    } finally {
      running.delete(id);
    }
  };
  port.onMessage((received) => {
    const message = received as Message;
    const { id } = message;
    if (message.kind === 'call') void perform(id, message.method, message.argument);
    else if (message.kind === 'result') settle(id, ({ resolve }) => resolve(message.result));
    else if (message.kind === 'error') settle(id, ({ reject }) => reject(errorOf(message.error)));
    else running.get(id)?.abort(new ProspectError('WORKER_LOST', 'nobody waits for it any more'));
  });

  const call = async (method: keyof Remote, argument: unknown, signal?: AbortSignal): Promise<never> => {
    if (failure) throw failure;
    signal?.throwIfAborted();
    const id = nextId++;
    const { promise, resolve, reject } = withResolvers<unknown>();
    waiting.set(id, { resolve, reject });
    const cancel = () => {
      post({ kind: 'cancel', id });
      settle(id, () => reject(signal!.reason));
    };
    signal?.addEventListener('abort', cancel);
    post({ kind: 'call', id, method: String(method), argument });
    try {
      return (await promise) as never;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };
  return {
    call,
    tell(method, argument) {
      // Why it failed is told by whatever waits for something.
      call(method, argument).catch(() => undefined);
    },
    fail(error) {
      failure ??= error;
      for (const { reject } of waiting.values()) reject(failure);
      waiting.clear();
    },
  };
}

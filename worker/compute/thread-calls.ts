/** Calls into a thread that answers them one after the other. */
import { Worker } from 'node:worker_threads';
import { ProspectError } from '../../core/errors.js';
import { errorOf, type Reply } from './messages.js';

export interface CalledThread {
  /** @param message gets an id, which the answer carries too. */
  call<Result>(message: object): Promise<Result>;
  /** Calls that are not answered yet fail. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** @param name for errors. @param onReply hears every answer. */
export function startThread(entry: URL, name: string, onReply: (reply: Reply) => void = () => undefined): CalledThread {
  const thread = new Worker(entry);
  const waiting = new Map<number, Waiting>();
  let nextId = 0;
  let failure: Error | undefined;

  const failAll = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  thread.on('message', (reply: Reply) => {
    onReply(reply);
    const { id, result, error } = reply;
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(errorOf(error));
  });
  thread.on('error', (cause) =>
    failAll(new ProspectError('INTERNAL', `The ${name} broke: ${cause.message}`, { cause })),
  );
  thread.on('exit', (code) => failAll(new ProspectError('INTERNAL', `The ${name} ended with code ${code}.`)));

  return {
    call: <Result>(message: object) =>
      new Promise<Result>((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        const id = nextId++;
        waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
        thread.postMessage({ id, ...message });
      }),
    close: async () => {
      await thread.terminate();
    },
  };
}

/** The main thread's side of the compute thread. */
import { Worker } from 'node:worker_threads';
import { ProspectError } from '../../core/errors.js';
import type { Compute } from './compute.js';
import { errorOf, type Method, type Reply } from './messages.js';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * Starts the compute thread. Native engines read their settings from the process environment when they load, so
 * `environment` is set on the process first.
 */
export function startCompute(environment: Readonly<Record<string, string>>): Compute {
  Object.assign(process.env, environment);
  const thread = new Worker(new URL('./thread.js', import.meta.url));
  const waiting = new Map<number, Waiting>();
  let nextId = 0;

  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  thread.on('message', ({ id, result, error }: Reply) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(errorOf(error));
  });
  thread.on('error', (cause) =>
    failAll(new ProspectError('INTERNAL', `The compute thread broke: ${cause.message}`, { cause })),
  );
  thread.on('exit', (code) => failAll(new ProspectError('INTERNAL', `The compute thread ended with code ${code}.`)));

  const call = <Result>(method: Method, argument?: unknown): Promise<Result> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      thread.postMessage({ id, method, argument });
    });

  return {
    load: (config) => call('load', config),
    score: (request) => call('score', request),
    gradient: (request) => call('gradient', request),
    add: (request) => call('add', request),
    divide: (request) => call('divide', request),
    measure: (values) => call('measure', values),
    update: (request) => call('update', request),
    close: async () => {
      await thread.terminate();
    },
  };
}

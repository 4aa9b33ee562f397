/** The main thread's side of the compute thread, and of the one that hashes beside it. */
import type { Compute, EngineMemory } from './compute.js';
import type { Method } from './messages.js';
import { startThread } from './thread-calls.js';

/**
 * Starts the compute thread. Native engines read their settings from the process environment when they load, so
 * `environment` is set on the process first.
 */
export function startCompute(environment: Readonly<Record<string, string>>): Compute {
  Object.assign(process.env, environment);
  let memory: EngineMemory = { bytes: 0, tensors: 0 };
  const tensors = startThread(new URL('./thread.js', import.meta.url), 'compute thread', (reply) => {
    memory = reply.memory ?? memory;
  });
  const hashing = startThread(new URL('./digest-thread.js', import.meta.url), 'hashing thread');
  const call = <Result>(method: Method, argument?: unknown): Promise<Result> => tensors.call({ method, argument });
  return {
    load: (config) => call('load', config),
    score: (request) => call('score', request),
    gradient: (request) => call('gradient', request),
    add: (request) => call('add', request),
    measure: (values) => call('measure', values),
    update: (request) => call('update', request),
    exportState: (into) => call('exportState', into),
    importState: (from) => call('importState', from),
    resetState: () => call('resetState'),
    digest: (values) => hashing.call({ values }),
    memory: () => memory,
    close: async () => {
      await Promise.all([tensors.close(), hashing.close()]);
    },
  };
}

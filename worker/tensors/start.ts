/** Starting the tensor thread. */
import { Worker } from 'node:worker_threads';
import { ProspectError } from '../../core/errors.js';
import type { Port } from './port-calls.js';
import { createTraffic, type Traffic } from './traffic.js';

export interface TensorThread {
  readonly port: Port;
  readonly traffic: Traffic;
  /** Told when the thread is gone although nobody ended it. */
  onFailure(listener: (error: Error) => void): void;
  end(): Promise<void>;
}

export function startTensorThread(): TensorThread {
  const traffic = createTraffic();
  const thread = new Worker(new URL('./thread.js', import.meta.url), { workerData: traffic.shared });
  return {
    traffic,
    port: {
      postMessage: (message) => thread.postMessage(message),
      onMessage: (listener) => thread.on('message', listener),
    },
    onFailure(listener) {
      thread.on('error', (cause) =>
        listener(new ProspectError('INTERNAL', `The tensor thread broke: ${cause.message}`, { cause })),
      );
      thread.on('exit', (code) =>
        listener(new ProspectError('INTERNAL', `The tensor thread ended with code ${code}.`)),
      );
    },
    async end() {
      await thread.terminate();
    },
  };
}

/** Starting the tensor thread. */
import { Worker } from 'node:worker_threads';
import { ProspectError } from '../../core/errors.js';
import type { Port } from './port-calls.js';

export interface TensorThread {
  readonly port: Port;
  /** Told when the thread is gone although nobody ended it. */
  onFailure(listener: (error: Error) => void): void;
  end(): Promise<void>;
}

export function startTensorThread(): TensorThread {
  const thread = new Worker(new URL('./thread.js', import.meta.url));
  return {
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

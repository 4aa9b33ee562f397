/** Entry of the thread that hashes whole states, so that neither messages nor training wait for it. */
import { parentPort } from 'node:worker_threads';
import { digestOf } from './digest.js';

parentPort!.on('message', ({ id, values }: { readonly id: number; readonly values: SharedArrayBuffer }) => {
  parentPort!.postMessage({ id, result: digestOf(new Uint8Array(values)) });
});

/** Entry of the tensor thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { runTensors } from './run-tensors.js';
import { createTraffic } from './traffic.js';

const port = parentPort!;
runTensors(
  {
    postMessage: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', listener),
  },
  createTraffic(workerData as SharedArrayBuffer),
);

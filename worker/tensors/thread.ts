/** Entry of the tensor thread. */
import { parentPort } from 'node:worker_threads';
import { runTensors } from './run-tensors.js';

const port = parentPort!;
runTensors({
  postMessage: (message) => port.postMessage(message),
  onMessage: (listener) => port.on('message', listener),
});

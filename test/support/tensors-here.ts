/** A worker's tensor thread without a thread, for workers that run inside a test: its work is done here, by messages. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Port } from '../../worker/tensors/port-calls.js';
import { runTensors } from '../../worker/tensors/run-tensors.js';
import type { TensorThread } from '../../worker/tensors/start.js';
import { createTraffic } from '../../worker/tensors/traffic.js';

export function tensorsHere(): TensorThread {
  const { port1, port2 } = new MessageChannel();
  const traffic = createTraffic();
  runTensors(portOf(port2), traffic);
  return { traffic, port: portOf(port1), onFailure: () => undefined, end: async () => port1.close() };
}

function portOf(port: MessagePort): Port {
  return {
    postMessage: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', listener),
  };
}

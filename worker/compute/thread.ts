/** Entry of the compute thread: answers calls one after the other. */
import { parentPort } from 'node:worker_threads';
import type { Compute } from './compute.js';
import { engineCompute } from './engine-compute.js';
import { type Call, errorReply, type Reply } from './messages.js';

const compute = engineCompute() as { readonly [method in keyof Compute]: (argument: never) => Promise<unknown> };
let previous: Promise<void> = Promise.resolve();

parentPort!.on('message', (call: Call) => {
  previous = previous.then(async () => parentPort!.postMessage(await answer(call)));
});

async function answer({ id, method, argument }: Call): Promise<Reply> {
  try {
    return { id, result: await compute[method](argument as never) };
  } catch (error) {
    return errorReply(id, error);
  }
}

/** Entry of the compute thread: answers calls one after the other. */
import { parentPort } from 'node:worker_threads';
import { engineCompute } from './engine-compute.js';
import { type Call, errorReply, type Method, type Reply } from './messages.js';

const engine = engineCompute();
const compute = engine as { readonly [method in Method]: (argument: never) => Promise<unknown> };
let previous: Promise<void> = Promise.resolve();

parentPort!.on('message', (call: Call) => {
  previous = previous.then(async () => {
    const reply = await answer(call);
    parentPort!.postMessage({ ...reply, memory: engine.memory() } satisfies Reply);
  });
});

async function answer({ id, method, argument }: Call): Promise<Reply> {
  try {
    return { id, result: await compute[method](argument as never) };
  } catch (error) {
    return errorReply(id, error);
  }
}

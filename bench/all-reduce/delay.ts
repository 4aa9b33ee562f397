/** One stream of a reduced gradient over a link with added delay: the flow-control window decides. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { anyMemory } from '../../test/support/any-memory.js';
import { startSlowLink } from '../../test/support/slow-link.js';
import { connectPeers } from '../../worker/allreduce/peer-clients.js';
import type { Done, Order } from './worker-process.js';

/** @returns MiB/s of one pull. */
export async function pullOverDelay(bytes: number, delayMs: number): Promise<number> {
  const worker = fork(new URL('./worker-process.js', import.meta.url));
  const ask = async (order: Order): Promise<Done> => {
    worker.send(order);
    return (await once(worker, 'message'))[0] as Done;
  };
  const { address } = await ask({ kind: 'start' });
  await ask({ kind: 'size', rank: 0, addresses: [address!], bytes });
  await ask({ kind: 'begin', step: 1 });
  // Sums can be pulled once the worker itself reduces.
  await ask({ kind: 'reduce', step: 1 });
  const link = await startSlowLink(address!, { delayMs });
  const member = { rank: 0, workerId: 'worker-0', peerAddress: link.address, session: 0 };
  const clients = connectPeers([member], {}, new AbortController().signal);
  const pull = async (length: number): Promise<void> => {
    const slice = { offset: 0, length };
    const signal = new AbortController().signal;
    for await (const _ of clients.peers[0]!.pullSums({ generation: 1, step: 1 }, slice, anyMemory, signal));
  };
  // The connection is there before the clock starts.
  await pull(1);
  const startMs = performance.now();
  await pull(bytes / 4);
  const seconds = (performance.now() - startMs) / 1000;
  clients.close();
  link.close();
  worker.kill();
  return bytes / 1024 / 1024 / seconds;
}

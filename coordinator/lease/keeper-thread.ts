/** The thread that renews the lease: nothing that the coordinator computes can hold it up. */
import { parentPort, workerData } from 'node:worker_threads';
import { type KeptLease, keepLease } from './keep-lease.js';
import type { KeeperEnd } from './start-keeper.js';

const port = parentPort!;
const keeper = keepLease(workerData as KeptLease, (news) => port.postMessage(news));

port.once('message', (end: KeeperEnd) => {
  void keeper[end]().finally(() => port.close());
});

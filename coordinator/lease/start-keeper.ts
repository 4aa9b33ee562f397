/** The main thread's side of the thread that renews the lease. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { KeepLease, LeaseNews } from './keep-lease.js';

/** The last message to the thread. */
export type KeeperEnd = 'release' | 'close';

/** A thread that breaks renews nothing: it is then as if the lease were taken. */
export const startKeeper: KeepLease = (lease, onNews) => {
  const thread = new Worker(new URL('./keeper-thread.js', import.meta.url), { workerData: lease });
  const ended = once(thread, 'exit');
  // A thread that breaks ends, too.
  ended.catch(() => undefined);
  thread.on('message', (news: LeaseNews) => onNews(news));
  thread.on('error', ({ message }) => onNews({ kind: 'taken', by: `nobody, but its renewal broke: ${message}` }));
  const end = (how: KeeperEnd) => async () => {
    thread.postMessage(how);
    await ended.catch(() => undefined);
  };
  return { release: end('release'), close: end('close') };
};

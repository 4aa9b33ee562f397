/** Prospect's all-reduce between worker processes that hold one leaf each. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Contender } from '../all-reduce.js';
import type { Done, Order } from './worker-process.js';

export interface ProspectContender extends Contender {
  /** p99 of the main threads' lag in the last run, of the worst rank. */
  lagMs(): number;
  /** Processor time of the last run, of a process on average. */
  cpuMs(): number;
}

export async function startProspect(worldSize: number): Promise<ProspectContender> {
  const script = new URL('./worker-process.js', import.meta.url);
  const workers = Array.from({ length: worldSize }, () => fork(script));
  for (const worker of workers) {
    worker.on('exit', (code) => {
      if (code) throw new Error(`a worker ended with exit code ${code}`);
    });
  }
  const ask = (orders: (rank: number) => Order): Promise<Done[]> =>
    Promise.all(workers.map((worker, rank) => answer(worker, orders(rank))));
  const addresses = (await ask(() => ({ kind: 'start' }))).map(({ address }) => address!);
  let step = 0;
  let bytesNow = 0;
  let lastLagMs = 0;
  let lastCpuMs = 0;
  return {
    async run(bytes) {
      if (bytes !== bytesNow) await ask((rank) => ({ kind: 'size', rank, addresses, bytes }));
      bytesNow = bytes;
      step += 1;
      await ask(() => ({ kind: 'begin', step }));
      const done = await ask(() => ({ kind: 'reduce', step }));
      lastLagMs = Math.max(...done.map(({ lagMs }) => lagMs!));
      lastCpuMs = done.reduce((sum, { cpuMs }) => sum + cpuMs!, 0) / worldSize;
      return Math.max(...done.map(({ seconds }) => seconds!));
    },
    lagMs: () => lastLagMs,
    cpuMs: () => lastCpuMs,
    close() {
      for (const worker of workers) worker.kill();
    },
  };
}

async function answer(worker: ChildProcess, order: Order): Promise<Done> {
  worker.send(order);
  const [done] = await once(worker, 'message');
  return done as Done;
}

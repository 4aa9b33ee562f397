/** A worker without a model: peer server, compute thread, one leaf of ones a step. Answers the parent's orders. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startTensorServer } from '../../test/support/tensor-server.js';
import { createExchange, type Exchange } from '../../worker/allreduce/exchange.js';
import { createGradientStore } from '../../worker/allreduce/gradient-store.js';
import { connectPeers, type PeerClients } from '../../worker/allreduce/peer-clients.js';
import { createPeerService } from '../../worker/allreduce/peer-service.js';
import { createReducer, type Reducer } from '../../worker/allreduce/reduce.js';
import { startCompute } from '../../worker/compute/start.js';

export type Order =
  | { readonly kind: 'start' }
  | { readonly kind: 'size'; readonly rank: number; readonly addresses: readonly string[]; readonly bytes: number }
  | { readonly kind: 'begin'; readonly step: number }
  | { readonly kind: 'reduce'; readonly step: number };

export interface Done {
  readonly address?: string;
  readonly seconds?: number;
  /** p99 of how late the main thread was during the reduction. */
  readonly lagMs?: number;
  /** Processor time of the whole process during the reduction. */
  readonly cpuMs?: number;
}

interface Member {
  readonly rank: number;
  readonly worldSize: number;
  readonly exchange: Exchange;
  readonly clients: PeerClients;
  readonly reducer: Reducer;
}

const GENERATION = 1;
const compute = startCompute({});
let member: Member | undefined;

const { address } = await startTensorServer(createPeerService(() => member?.exchange));
process.on('message', (order: Order) => {
  void carryOut(order).then((done) => process.send!(done));
});
process.on('disconnect', () => process.exit());

async function carryOut(order: Order): Promise<Done> {
  switch (order.kind) {
    case 'start':
      return { address };
    case 'size':
      member?.clients.close();
      member = becomeMember(order);
      return {};
    case 'begin':
      await begin(member!, order.step);
      return {};
    case 'reduce':
      return reduce(member!, order.step);
  }
}

function becomeMember({ rank, addresses, bytes }: Extract<Order, { kind: 'size' }>): Member {
  const store = createGradientStore(bytes / 4, compute);
  const exchange = createExchange(store, new SharedArrayBuffer(4));
  const members = addresses.map((peerAddress, i) => ({
    rank: i,
    workerId: `worker-${i}`,
    peerAddress,
    session: i,
  }));
  const others = members.filter((other) => other.rank !== rank);
  const clients = connectPeers(others, new AbortController().signal);
  const position = { rank, worldSize: addresses.length };
  return { ...position, exchange, clients, reducer: createReducer(position, clients.peers, exchange) };
}

async function begin({ rank, worldSize, exchange }: Member, step: number): Promise<void> {
  exchange.begin({ generation: GENERATION, step }, worldSize);
  const leaf = exchange.store.pool.take();
  new Float32Array(leaf).fill(rank + 1);
  await exchange.store.addLeaf(rank, leaf);
}

async function reduce({ worldSize, reducer }: Member, step: number): Promise<Done> {
  const leaves = Array.from({ length: worldSize }, (_, leaf) => [{ start: leaf, end: leaf + 1 }]);
  // A monitor that is stopped and started counts the time between as lag.
  const lag = monitorEventLoopDelay({ resolution: 1 });
  lag.enable();
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const order = { generation: GENERATION, step, leafCount: worldSize, exampleCount: worldSize, leaves };
  const gradient = await reducer.reduce(order);
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  lag.disable();
  const mean = new Float32Array(gradient).at(-1);
  if (mean !== (worldSize + 1) / 2) throw new Error(`the mean is ${mean}`);
  return { seconds, lagMs: lag.percentile(99) / 1e6, cpuMs: (user + system) / 1000 };
}

/** A worker without a model: tensor thread, compute thread, one leaf of ones a step. Answers the parent's orders. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createGradientStore } from '../../worker/allreduce/gradient-store.js';
import { startCompute } from '../../worker/compute/start.js';
import { startTensorThread } from '../../worker/tensors/start.js';
import {
  createGradientExchange,
  createTensors,
  type GradientExchange,
  type Membership,
} from '../../worker/tensors/tensors.js';

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
  readonly exchange: GradientExchange;
  readonly membership: Membership;
}

const GENERATION = 1;
const compute = startCompute({});
const tensors = createTensors(startTensorThread(), () => undefined);
let member: Member | undefined;

const address = await tensors.serve('127.0.0.1', {});
process.on('message', (order: Order) => {
  void carryOut(order).then((done) => process.send!(done));
});
process.on('disconnect', () => process.exit());

async function carryOut(order: Order): Promise<Done> {
  switch (order.kind) {
    case 'start':
      return { address };
    case 'size':
      member?.membership.leave();
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
  const exchange = createGradientExchange(createGradientStore(bytes / 4, compute), tensors);
  const members = addresses.map((peerAddress, i) => ({ rank: i, workerId: `worker-${i}`, peerAddress, session: i }));
  const others = members.filter((other) => other.rank !== rank);
  const position = { rank, worldSize: addresses.length };
  const membership = tensors.join(position, others, { onProgress: () => undefined, onDamage: () => undefined });
  return { ...position, exchange, membership };
}

async function begin({ rank, worldSize, exchange }: Member, step: number): Promise<void> {
  exchange.begin({ generation: GENERATION, step }, worldSize, {});
  const leaf = exchange.store.pool.take();
  new Float32Array(leaf).fill(rank + 1);
  await exchange.store.addLeaf(rank, leaf);
}

async function reduce({ worldSize, exchange, membership }: Member, step: number): Promise<Done> {
  const leaves = Array.from({ length: worldSize }, (_, leaf) => [{ start: leaf, end: leaf + 1 }]);
  // A monitor that is stopped and started counts the time between as lag.
  const lag = monitorEventLoopDelay({ resolution: 1 });
  lag.enable();
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const order = { generation: GENERATION, step, leafCount: worldSize, exampleCount: worldSize, leaves };
  const gradient = await membership.reduce(order, exchange.store.held());
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  lag.disable();
  const mean = new Float32Array(gradient).at(-1);
  if (mean !== (worldSize + 1) / 2) throw new Error(`the mean is ${mean}`);
  return { seconds, lagMs: lag.percentile(99) / 1e6, cpuMs: (user + system) / 1000 };
}

/** Workers' exchanges behind real peer servers in this process. */
import type { LeafRange } from '../../core/reduction-tree.js';
import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';
import type { TensorServiceImplementation } from '../../proto/transport/tensor-service.js';
import type { Exchange } from '../../worker/allreduce/exchange.js';
import type { StepKey } from '../../worker/allreduce/gradient-store.js';
import { connectPeers } from '../../worker/allreduce/peer-clients.js';
import { createPeerService } from '../../worker/allreduce/peer-service.js';
import { createReducer } from '../../worker/allreduce/reduce.js';
import { type LinkSettings, startSlowLink } from './slow-link.js';
import { startTensorServer } from './tensor-server.js';

export interface GrpcWorkers {
  readonly members: readonly Member[];
  close(): void;
}

interface Options {
  /** Between any two workers. */
  readonly link?: LinkSettings;
  /** Changes what a rank serves. */
  readonly changed?: (service: TensorServiceImplementation, rank: number) => TensorServiceImplementation;
}

export async function startGrpcWorkers(exchanges: readonly Exchange[], options: Options = {}): Promise<GrpcWorkers> {
  const closers: (() => void)[] = [];
  const members: Member[] = [];
  for (const [rank, exchange] of exchanges.entries()) {
    const service = createPeerService(() => exchange);
    const server = await startTensorServer(options.changed?.(service, rank) ?? service);
    closers.push(server.close);
    let peerAddress = server.address;
    if (options.link) {
      const link = await startSlowLink(server.address, options.link);
      closers.push(link.close);
      peerAddress = link.address;
    }
    members.push({ rank, workerId: `worker-${rank}`, peerAddress, session: rank });
  }
  return {
    members,
    close() {
      for (const close of closers) close();
    },
  };
}

/** What each worker gets, and the damage that it met. */
export async function reduceOverGrpc(
  exchanges: readonly Exchange[],
  { members }: GrpcWorkers,
  order: StepKey & { leafCount: number; exampleCount: number; leaves: readonly (readonly LeafRange[])[] },
  onDamage: (message: string) => void = () => undefined,
): Promise<SharedArrayBuffer[]> {
  const connections = exchanges.map((_, rank) => {
    const others = members.filter((member) => member.rank !== rank);
    return connectPeers(others, {}, new AbortController().signal, (peer, damage) =>
      onDamage(`${peer.workerId}: ${damage}`),
    );
  });
  try {
    return await Promise.all(
      exchanges.map((exchange, rank) => {
        const position = { rank, worldSize: exchanges.length };
        return createReducer(position, connections[rank]!.peers, exchange).reduce(order);
      }),
    );
  } finally {
    for (const { close } of connections) close();
  }
}

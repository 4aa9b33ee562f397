/** Being a member: a rank, and connections to the others for as long as their generation lasts. */
import { ProspectError } from '../core/errors.js';
import type { Membership } from '../proto/gen/prospect/v1/coordinator.js';
import { connectPeers, type Peer } from './allreduce/peer-clients.js';
import { createReducer, type Reducer } from './allreduce/reduce.js';
import type { WorkerLog } from './worker.js';
import type { LoadedModel } from './worker-state.js';

export interface Team {
  readonly generation: number;
  readonly rank: number;
  readonly worldSize: number;
  readonly reducer: Reducer;
  /** Ends all pulls from the others. */
  close(): void;
}

/**
 * @param leaving ends pulls when this worker ends.
 * @param onFrame called for each piece that comes: a long reduction shows that it goes on.
 * @returns undefined when this worker does not take part.
 */
export function joinTeam(
  { generation, members }: Membership,
  workerId: string,
  { exchange }: LoadedModel,
  leaving: AbortSignal,
  log: WorkerLog,
  onFrame: () => void,
): Team | undefined {
  const own = members.find((member) => member.workerId === workerId);
  if (!own) return undefined;
  if (members.some(({ rank }, position) => rank !== position)) {
    throw new ProspectError('PROTOCOL', `the members of generation ${generation} are not in the order of their ranks`);
  }
  const others = members.filter((member) => member !== own);
  const { peers, close } = connectPeers(others, leaving, (peer, damage) =>
    log.warn({ peer: peer.workerId, damage }, 'a damaged piece is pulled again'),
  );
  const position = { rank: own.rank, worldSize: members.length };
  log.info({ generation, ...position }, 'member');
  return {
    generation,
    ...position,
    reducer: createReducer(
      position,
      peers.map((peer) => counted(peer, onFrame)),
      exchange,
    ),
    close,
  };
}

function counted(peer: Peer, onFrame: () => void): Peer {
  async function* count<Frame>(frames: AsyncIterable<Frame>): AsyncGenerator<Frame> {
    for await (const frame of frames) {
      onFrame();
      yield frame;
    }
  }
  return {
    rank: peer.rank,
    pullSums: (...request) => count(peer.pullSums(...request)),
    pullReduced: (...request) => count(peer.pullReduced(...request)),
  };
}

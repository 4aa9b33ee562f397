/** Connections to the other workers of a generation: one each, opened when the membership is told. */
import { ProspectError } from '../../core/errors.js';
import type { ElementRange } from '../../core/tensor-chunks.js';
import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';
import type { Security } from '../../proto/transport/security.js';
import { createTensorClient, type TensorClient } from '../../proto/transport/tensor-client.js';
import type { MemoryFor, TensorFrame } from '../../proto/transport/tensor-frame.js';
import type { StepKey } from './gradient-store.js';
import { peerErrorOf } from './peer-error.js';
import { verifiedFrames } from './verified-frames.js';

/** What a reduction needs of another worker. A pull throws PeerError, or the signal's reason when that ends it. */
export interface Peer {
  readonly rank: number;
  /** Pieces of the slice from start to end; of each piece, one frame a tree node. */
  pullSums(step: StepKey, slice: ElementRange, places: Places, signal: AbortSignal): AsyncIterable<TensorFrame>;
  /** @param step generation 0 for the last finished step. */
  pullReduced(step: StepKey, range: ElementRange, places: Places, signal: AbortSignal): AsyncIterable<TensorFrame>;
}

/** Where frames are received that come for the rest of a range: all of it, and what is pulled again after damage. */
export type Places = (rest: ElementRange) => MemoryFor;

export interface PeerClients {
  readonly peers: readonly Peer[];
  /** Ends all pulls at once. */
  close(): void;
}

/**
 * @param signal ends every pull when this worker leaves.
 * @param onDamage told when a damaged frame is pulled again.
 */
export function connectPeers(
  others: readonly Member[],
  security: Security,
  signal: AbortSignal,
  onDamage: (peer: Member, damage: string) => void = () => undefined,
): PeerClients {
  const closing = new AbortController();
  const ends = AbortSignal.any([signal, closing.signal]);
  const clients = others.map((member) => createTensorClient(member.peerAddress, security));
  const peers = others.map((member, i) => peerOf(member, clients[i]!, ends, (damage) => onDamage(member, damage)));
  return {
    peers,
    close() {
      closing.abort(new ProspectError('WORKER_LOST', 'the members changed during a pull'));
      for (const client of clients) client.close();
    },
  };
}

function peerOf(member: Member, client: TensorClient, ends: AbortSignal, onDamage: (damage: string) => void): Peer {
  type Method = 'pullSums' | 'pullReduced';
  const pull = (method: Method) => (step: StepKey, range: ElementRange, places: Places, signal: AbortSignal) => {
    const any = AbortSignal.any([ends, signal]);
    const { generation, step: number } = step;
    const open = (rest: ElementRange) => client[method]({ generation, step: number, ...rest }, places(rest), any);
    return named(member, verifiedFrames(range, open, onDamage), any);
  };
  return { rank: member.rank, pullSums: pull('pullSums'), pullReduced: pull('pullReduced') };
}

/** Says whose stream broke. */
async function* named(
  member: Member,
  frames: AsyncIterable<TensorFrame>,
  signal: AbortSignal,
): AsyncGenerator<TensorFrame> {
  try {
    yield* frames;
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw peerErrorOf(member, cause);
  }
}

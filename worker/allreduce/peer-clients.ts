/** Connections to the other workers of a generation: one each, opened when the membership is told. */
import { createChannel, createClient } from 'nice-grpc';
import { ProspectError } from '../../core/errors.js';
import type { ElementRange } from '../../core/tensor-chunks.js';
import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';
import { type PeerServiceClient, PeerServiceDefinition } from '../../proto/gen/prospect/v1/peer.js';
import type { TensorChunk } from '../../proto/gen/prospect/v1/tensor.js';
import { TENSOR_OPTIONS } from '../../proto/transport/channel-options.js';
import type { StepKey } from './gradient-store.js';

/** What a reduction needs of another worker. */
export interface Peer {
  readonly rank: number;
  pullSums(step: StepKey, slice: ElementRange): AsyncIterable<TensorChunk>;
  pullReduced(step: StepKey): AsyncIterable<TensorChunk>;
}

export interface PeerClients {
  readonly peers: readonly Peer[];
  close(): void;
}

/** @param signal ends every pull when this worker leaves. */
export function connectPeers(others: readonly Member[], signal: AbortSignal): PeerClients {
  const channels = others.map((member) => createChannel(member.peerAddress, undefined, TENSOR_OPTIONS));
  const peers = others.map((member, i) => peerOf(member, createClient(PeerServiceDefinition, channels[i]!), signal));
  return {
    peers,
    close() {
      for (const channel of channels) channel.close();
    },
  };
}

function peerOf(member: Member, client: PeerServiceClient, signal: AbortSignal): Peer {
  return {
    rank: member.rank,
    pullSums: ({ generation, step }, { offset, length }) =>
      chunksFrom(member, client.pullSums({ generation, step, offset, length }, { signal })),
    pullReduced: ({ generation, step }) => chunksFrom(member, client.pullReduced({ generation, step }, { signal })),
  };
}

async function* chunksFrom(
  member: Member,
  responses: AsyncIterable<{ chunk: TensorChunk | undefined }>,
): AsyncGenerator<TensorChunk> {
  try {
    for await (const { chunk } of responses) if (chunk) yield chunk;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `could not pull gradients from ${member.workerId} at ${member.peerAddress}: ${reason}`;
    throw new ProspectError('WORKER_LOST', message, { cause });
  }
}

/** The final parameters, streamed from a worker: never whole in the coordinator's memory. */
import { createHash, type Hash } from 'node:crypto';
import { createChannel, createClient } from 'nice-grpc';
import { ProspectError } from '../core/errors.js';
import { writeElements } from '../core/tensor-chunks.js';
import { PeerServiceDefinition } from '../proto/gen/prospect/v1/peer.js';
import { TENSOR_OPTIONS } from '../proto/transport/channel-options.js';
import { nameOf, type WorkerLink } from './worker-link.js';

export interface PulledParameters {
  /** Consecutive pieces of the flat array; may be read once. */
  readonly values: AsyncIterable<Float32Array>;
  /** SHA-256 (hex) of all that was read. */
  digest(): string;
}

/**
 * @param length elements of the flat array.
 * @throws WORKER_LOST while reading, when the stream breaks or ends early.
 */
export function pullParameters(link: WorkerLink, length: number, signal: AbortSignal): PulledParameters {
  const hash = createHash('sha256');
  return { values: piecesOf(link, length, hash, signal), digest: () => hash.digest('hex') };
}

async function* piecesOf(
  link: WorkerLink,
  length: number,
  hash: Hash,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  const channel = createChannel(link.peerAddress, undefined, TENSOR_OPTIONS);
  let received = 0;
  try {
    const responses = createClient(PeerServiceDefinition, channel).pullParameters({}, { signal });
    for await (const { chunk } of responses) {
      if (chunk?.offset !== received) throw new Error(`elements from ${received} on were due`);
      const piece = new Float32Array(chunk.elements.length / 4);
      writeElements(chunk.elements, piece.buffer, 0);
      hash.update(chunk.elements);
      received += piece.length;
      yield piece;
    }
    if (received !== length) throw new Error(`${received} of ${length} elements came`);
  } catch (cause) {
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `the final parameters could not be pulled from worker ${nameOf(link)}: ${reason}`;
    throw new ProspectError('WORKER_LOST', message, { cause });
  } finally {
    channel.close();
  }
}

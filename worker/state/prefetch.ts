/**
 * Gradients of steps that are committed while this worker heals. Members keep only the newest one, so they are pulled at
 * once and kept: otherwise a worker whose healing takes longer than a step would never catch up.
 */
import { sliceOf } from '../../core/parameters.js';
import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';
import type { Security } from '../../proto/transport/security.js';
import { gatherInto } from '../allreduce/gather.js';
import { connectPeers } from '../allreduce/peer-clients.js';

/** Memory for gradients that wait; of small models that is many steps. */
const KEPT_BYTES = 2 ** 30;
/** However large they are, this one and the next. */
const LEAST_KEPT = 2;

/** @param length elements of a gradient. @returns how many may wait. */
export function gradientsKept(length: number): number {
  return Math.max(LEAST_KEPT, Math.floor(KEPT_BYTES / (4 * length)));
}

/**
 * @param members workers that finished the step.
 * @param length elements.
 * @throws PeerError when nobody gives it, the signal's reason when that ends it.
 */
export async function pullGradient(
  step: number,
  members: readonly Member[],
  length: number,
  security: Security,
  signal: AbortSignal,
): Promise<SharedArrayBuffer> {
  const gradient = new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT);
  const { peers, close } = connectPeers(members, security, signal);
  let failure: unknown;
  try {
    for (const peer of peers) {
      try {
        await gatherInto(gradient, peer, { generation: 0, step }, sliceOf(0, 1, length), signal);
        return gradient;
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
  } finally {
    close();
  }
  throw failure;
}

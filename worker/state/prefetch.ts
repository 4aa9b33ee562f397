/**
 * Gradients of steps that are committed while this worker heals. Members keep only the newest one, so they are pulled at
 * once and kept: otherwise a worker whose healing takes longer than a step would never catch up.
 */
import { sliceOf } from '../../core/parameters.js';
import { chunksOf } from '../../core/tensor-chunks.js';
import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';
import { expectFrame, frameElements } from '../allreduce/gradient-frames.js';
import { connectPeers, type Peer } from '../allreduce/peer-clients.js';

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
  signal: AbortSignal,
): Promise<SharedArrayBuffer> {
  const gradient = new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT);
  const { peers, close } = connectPeers(members, signal);
  let failure: unknown;
  try {
    for (const peer of peers) {
      try {
        await pullFrom(peer, step, gradient, signal);
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

async function pullFrom(peer: Peer, step: number, gradient: SharedArrayBuffer, signal: AbortSignal): Promise<void> {
  const key = { generation: 0, step };
  const whole = sliceOf(0, 1, gradient.byteLength / 4);
  const elements = new Float32Array(gradient);
  const due = chunksOf(whole);
  for await (const frame of peer.pullReduced(key, whole, signal)) {
    expectFrame(frame, key, due.next().value ?? undefined);
    elements.set(frameElements(frame), frame.offset);
  }
}

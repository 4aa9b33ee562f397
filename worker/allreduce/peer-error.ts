/** An error that one peer caused: who it was is what the coordinator wants to know. */
import { type ErrorCode, ProspectError } from '../../core/errors.js';
import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';

export class PeerError extends ProspectError {
  readonly peer: Member;

  /** WORKER_LOST when the peer cannot be pulled from, PROTOCOL when it sends what it should not. */
  constructor(code: ErrorCode, peer: Member, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(code, `could not pull gradients from ${peer.workerId} at ${peer.peerAddress}: ${reason}`, { cause });
    this.peer = peer;
  }
}

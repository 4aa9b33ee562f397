/** An error that one peer caused: who it was is what the coordinator wants to know. */
import { ClientError, Status } from 'nice-grpc-common';
import { type ErrorCode, ProspectError } from '../../core/errors.js';
import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';

export class PeerError extends ProspectError {
  readonly peer: Member;
  /** The peer is there and has given up itself: it says why to the coordinator, and what it says decides. */
  readonly isRefusal: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    { peer, isRefusal, cause }: { readonly peer: Member; readonly isRefusal: boolean; readonly cause?: unknown },
  ) {
    super(code, message, { cause });
    this.peer = peer;
    this.isRefusal = isRefusal;
  }
}

/** WORKER_LOST when the peer cannot be pulled from, PROTOCOL when it sends what it should not. */
export function peerErrorOf(peer: Member, cause: unknown): PeerError {
  const code = cause instanceof ProspectError ? cause.code : 'WORKER_LOST';
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `could not pull gradients from ${peer.workerId} at ${peer.peerAddress}: ${reason}`;
  const isRefusal =
    cause instanceof ClientError && (cause.code === Status.ABORTED || cause.code === Status.FAILED_PRECONDITION);
  return new PeerError(code, message, { peer, isRefusal, cause });
}

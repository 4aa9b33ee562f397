/** Errors from one thread to another: what the other side decides by comes over whole. */
import { type ErrorCode, ProspectError, toProspectError } from '../../core/errors.js';
import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';
import { PeerError } from '../allreduce/peer-error.js';

export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a PeerError. */
  readonly ofPeer: { readonly peer: Member; readonly isRefusal: boolean } | undefined;
}

export function sentError(thrown: unknown): SentError {
  const { code, message, stack } = toProspectError(thrown);
  const ofPeer = thrown instanceof PeerError ? { peer: thrown.peer, isRefusal: thrown.isRefusal } : undefined;
  return { code, message, stack, ofPeer };
}

export function errorOf({ code, message, stack, ofPeer }: SentError): ProspectError {
  const error = ofPeer ? new PeerError(code, message, ofPeer) : new ProspectError(code, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

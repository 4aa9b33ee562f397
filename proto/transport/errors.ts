/**
 * Our errors over gRPC. A status code stands for several of ours, so the exact one travels in a trailer;
 * the receiving side gets the same ProspectError that the sending side threw.
 */
import { ClientError, type Metadata } from 'nice-grpc-common';
import { codeOfGrpcStatus, ERROR_TABLE, type ErrorCode, ProspectError, toProspectError } from '../../core/errors.js';

export const CODE_TRAILER = 'prospect-code';

/** Every call is answered with them first. */
export const RESPONSE_HEADERS = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
] as const;

/** Trailers of a call that went well. */
export const OK = { 'grpc-status': '0' };

/** What a handler threw, as the trailers that end its call. */
export function statusOf(thrown: unknown): Record<string, string> {
  const { code, message } = toProspectError(thrown);
  return {
    'grpc-status': String(ERROR_TABLE[code].grpcStatus),
    'grpc-message': encodeURI(message),
    [CODE_TRAILER]: code,
  };
}

/** What a client call threw, as the error that the server meant. */
export function receivedError(thrown: unknown, trailer: Metadata | undefined): ProspectError {
  if (!(thrown instanceof ClientError)) return toProspectError(thrown);
  const sent = trailer?.get(CODE_TRAILER);
  const code = sent !== undefined && sent in ERROR_TABLE ? (sent as ErrorCode) : codeOfGrpcStatus(thrown.code);
  return new ProspectError(code, thrown.details, { cause: thrown });
}

/** True when the server's own code ended the call, with an error of ours, and not a connection that broke. */
export function isSentError(trailer: Metadata | undefined): boolean {
  return trailer?.has(CODE_TRAILER) === true;
}

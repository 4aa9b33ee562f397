/**
 * Our errors over gRPC. A status code stands for several of ours, so the exact one travels in a trailer;
 * the receiving side gets the same ProspectError that the sending side threw.
 */
import { type CallContext, ClientError, type Metadata, ServerError, type ServerMiddlewareCall } from 'nice-grpc-common';
import { codeOfGrpcStatus, ERROR_TABLE, type ErrorCode, ProspectError, toProspectError } from '../../core/errors.js';

const CODE_TRAILER = 'prospect-code';

/** Server middleware: what a handler throws becomes a status with our code beside it. */
export async function* sendErrors<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
) {
  try {
    return yield* call.next(call.request, context);
  } catch (thrown) {
    if (isAbort(thrown) || thrown instanceof ServerError) throw thrown;
    const error = toProspectError(thrown);
    context.trailer.set(CODE_TRAILER, error.code);
    throw new ServerError(ERROR_TABLE[error.code].grpcStatus, error.message);
  }
}

/** The same without nice-grpc: the trailers that end a call. */
export function statusOf(thrown: unknown): Record<string, string> {
  const { code, message } = toProspectError(thrown);
  return {
    'grpc-status': String(ERROR_TABLE[code].grpcStatus),
    'grpc-message': encodeURI(message),
    [CODE_TRAILER]: code,
  };
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
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

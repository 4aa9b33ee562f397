/** Our errors from a nice-grpc server, as the coordinator sends them. */
import { type CallContext, ServerError, type ServerMiddlewareCall } from 'nice-grpc-common';
import { ERROR_TABLE, toProspectError } from '../../core/errors.js';
import { CODE_TRAILER } from '../../proto/transport/errors.js';

/** Server middleware: what a handler throws becomes a status with our code beside it. */
export async function* sendErrors<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
) {
  try {
    return yield* call.next(call.request, context);
  } catch (thrown) {
    if ((thrown instanceof Error && thrown.name === 'AbortError') || thrown instanceof ServerError) throw thrown;
    const error = toProspectError(thrown);
    context.trailer.set(CODE_TRAILER, error.code);
    throw new ServerError(ERROR_TABLE[error.code].grpcStatus, error.message);
  }
}

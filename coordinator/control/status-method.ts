/** The Status RPC. */
import { ControlServiceDefinition, StatusRequest, StatusResponse } from '../../proto/gen/prospect/v1/control.js';
import { decoded } from '../../proto/transport/duplex-call.js';
import type { StreamMethod } from '../../proto/transport/streaming-call.js';
import type { Control } from './control.js';

const { fullName, methods } = ControlServiceDefinition;

export function statusMethod(control: Control): StreamMethod {
  return {
    path: `/${fullName}/${methods.status.name}`,
    callers: 'operators',
    async *serve(request) {
      const status = control.status(decoded(StatusRequest.decode, request).token);
      const { stepAtWork, learningRate, snapshotAtWork, rowsAwaited } = status;
      yield () => [
        StatusResponse.encode({ ...status, stepAtWork, learningRate, snapshotAtWork, rowsAwaited }).finish(),
      ];
    },
  };
}

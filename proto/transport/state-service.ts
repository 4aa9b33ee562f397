/** The streams of a whole training state, which workers serve to each other, and the coordinator to all of a snapshot. */
import { PullStateRequest, PullStateResponse, StateServiceDefinition } from '../gen/prospect/v1/state.js';
import type { StreamMethod } from './streaming-call.js';

export interface StateService {
  pullState(request: PullStateRequest): AsyncIterable<PullStateResponse>;
}

/** For the server. */
export function stateMethod({ pullState }: StateService): StreamMethod {
  const { fullName, methods } = StateServiceDefinition;
  return {
    path: `/${fullName}/${methods.pullState.name}`,
    callers: 'members',
    async *serve(request) {
      for await (const response of pullState(PullStateRequest.decode(request))) {
        yield () => [PullStateResponse.encode(response).finish()];
      }
    },
  };
}

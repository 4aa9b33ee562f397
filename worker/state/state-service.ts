/** Serves this worker's state to workers that heal, and to the coordinator for snapshots and the run's result. */
import { ProspectError } from '../../core/errors.js';
import { chunksOf, elementBytes } from '../../core/tensor-chunks.js';
import { PullStateRequest, PullStateResponse, StateServiceDefinition } from '../../proto/gen/prospect/v1/state.js';
import type { StreamMethod } from '../../proto/transport/stream-server.js';
import { namedArrays } from './arrays.js';
import type { Donor } from './donor.js';

export interface StateService {
  pullState(request: PullStateRequest): AsyncIterable<PullStateResponse>;
}

/** For the server. */
export function stateMethod({ pullState }: StateService): StreamMethod {
  const { fullName, methods } = StateServiceDefinition;
  return {
    path: `/${fullName}/${methods.pullState.name}`,
    async *serve(request) {
      for await (const response of pullState(PullStateRequest.decode(request))) {
        yield () => [PullStateResponse.encode(response).finish()];
      }
    },
  };
}

/** The service is up before the model is loaded: `donor` gives nothing until then. */
export function createStateService(donor: () => Donor | undefined): StateService {
  return {
    async *pullState({ step, parametersOnly }) {
      const now = donor();
      if (!now) throw new ProspectError('PROTOCOL', 'this worker has not loaded its model yet');
      const copy = await now.lend(step);
      try {
        yield { message: { $case: 'header', value: copy.header } };
        for (const { array, values } of namedArrays(copy.arrays).slice(0, parametersOnly ? 1 : undefined)) {
          for (const chunk of chunksOf({ offset: 0, length: copy.header.length })) {
            const { buffer, byteOffset, byteLength } = elementBytes(values, chunk);
            const elements = Buffer.from(buffer, byteOffset, byteLength);
            yield { message: { $case: 'chunk', value: { array, offset: chunk.offset, elements } } };
          }
        }
      } finally {
        copy.giveBack();
      }
    },
  };
}

/** Serves this worker's state to workers that heal, and to the coordinator for snapshots and the run's result. */
import { ProspectError } from '../../core/errors.js';
import { chunksOf, elementBytes } from '../../core/tensor-chunks.js';
import type { StateService } from '../../proto/transport/state-service.js';
import { namedArrays } from './arrays.js';
import type { Donor } from './donor.js';

/** The service is up before the model is loaded: `donor` gives nothing until then. */
export function createStateService(donor: () => Donor | undefined): StateService {
  return {
    async *pullState({ step, parametersOnly }) {
      const now = donor();
      if (!now) throw new ProspectError('PROTOCOL', 'this worker has not loaded its model yet');
      const copy = await now.lend(step, parametersOnly);
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

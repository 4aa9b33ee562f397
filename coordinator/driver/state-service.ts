/** Serves the restored snapshot to workers that heal when no other worker can give them its state. */
import { ProspectError } from '../../core/errors.js';
import { layoutOf } from '../../core/parameters.js';
import { chunksOf, elementBytes } from '../../core/tensor-chunks.js';
import { type PullStateResponse, StateArray, type StateHeader } from '../../proto/gen/prospect/v1/state.js';
import type { StateService } from '../../proto/transport/state-service.js';
import type { LoadedSnapshot } from '../snapshots/load-newest.js';

/** @param restored the snapshot that the run went back to, if it did. */
export function createStateService(restored: () => LoadedSnapshot | undefined): StateService {
  return {
    async *pullState({ step, parametersOnly }) {
      const snapshot = restored();
      if (!snapshot || snapshot.state.step < step) {
        throw new ProspectError('PROTOCOL', `the coordinator has no snapshot of step ${step}`);
      }
      const { state } = snapshot;
      const { updates, parameterDigest, firstMomentDigest, secondMomentDigest } = state;
      const { length } = layoutOf(state.parameters);
      const header: StateHeader = {
        step: state.step,
        updates,
        parameterDigest,
        firstMomentDigest,
        secondMomentDigest,
        length,
      };
      yield { message: { $case: 'header', value: header } };
      yield* chunksFrom(StateArray.STATE_ARRAY_PARAMETERS, snapshot.parameters());
      if (parametersOnly) return;
      yield* chunksFrom(StateArray.STATE_ARRAY_FIRST_MOMENT, snapshot.firstMoments());
      yield* chunksFrom(StateArray.STATE_ARRAY_SECOND_MOMENT, snapshot.secondMoments());
    },
  };
}

async function* chunksFrom(
  array: StateArray,
  pieces: AsyncIterable<Float32Array<ArrayBuffer>>,
): AsyncGenerator<PullStateResponse> {
  let offset = 0;
  for await (const { buffer, length } of pieces) {
    for (const range of chunksOf({ offset: 0, length })) {
      const { buffer: bytes, byteOffset, byteLength } = elementBytes(buffer, range);
      const elements = Buffer.from(bytes, byteOffset, byteLength);
      yield { message: { $case: 'chunk', value: { array, offset: offset + range.offset, elements } } };
    }
    offset += length;
  }
}

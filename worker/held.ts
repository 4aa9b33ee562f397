/** What a worker tells about what it has in memory, when a session begins. */
import type { HeldState } from '../proto/gen/prospect/v1/coordinator.js';
import type { LoadedModel } from './worker-state.js';

export function heldState({ parameters, work, reduced }: LoadedModel): HeldState {
  const { step: appliedStep, parameterDigest } = parameters.applied();
  const leaves = work && work.step > appliedStep ? [...work.leaves.keys()].sort((a, b) => a - b) : [];
  return {
    appliedStep,
    parameterDigest,
    leaves: work && leaves.length > 0 ? { step: work.step, attempt: work.attempt, leaves } : undefined,
    reduced: reduced && { step: reduced.step, digest: reduced.digest },
  };
}

/**
 * Copies of this worker's state for those who pull it. A copy is made once, between two updates, and lent to all who ask
 * for its step or an earlier one: training goes on while it travels.
 */
import { ProspectError } from '../../core/errors.js';
import type { StateHeader } from '../../proto/gen/prospect/v1/state.js';
import type { Compute, StateArrays } from '../compute/compute.js';
import { allocateState, digestsOf } from './arrays.js';
import type { Parameters } from './parameters.js';

export interface LentCopy {
  readonly header: StateHeader;
  readonly arrays: StateArrays;
  /** To be called once. */
  giveBack(): void;
}

export interface Donor {
  /**
   * @param parametersOnly the moments may be empty: a result has none, and they take twice its memory.
   * @throws PROTOCOL when this worker has not come to that step.
   */
  lend(step: number, parametersOnly?: boolean): Promise<LentCopy>;
}

interface Copy {
  /** The one asked for until it is made, which may be a later one. */
  step: number;
  readonly arrays: StateArrays;
  readonly header: Promise<StateHeader>;
  users: number;
}

export function createDonor(parameters: Parameters, compute: Pick<Compute, 'exportState' | 'digest'>): Donor {
  let newest: Copy | undefined;

  const makeCopy = (step: number, momentLength: number): Copy => {
    const spare = newest?.users === 0 && momentLengthOf(newest) === momentLength ? newest.arrays : undefined;
    const arrays = spare ?? allocateState(parameters.length, momentLength);
    const copy: Copy = { step, arrays, header: copyInto(arrays, parameters, compute), users: 0 };
    copy.header.then(
      (header) => {
        copy.step = header.step;
      },
      () => {
        if (newest === copy) newest = undefined;
      },
    );
    return copy;
  };
  return {
    async lend(step, parametersOnly = false) {
      const applied = parameters.applied().step;
      if (applied < step) {
        throw new ProspectError(
          'PROTOCOL',
          `the state of step ${step} was asked for, but this worker is at ${applied}`,
        );
      }
      const momentLength = parametersOnly ? 0 : parameters.length;
      if (!newest || momentLengthOf(newest) < momentLength || !isGoodFor(newest, step, applied)) {
        newest = makeCopy(step, momentLength);
      }
      const copy = newest;
      copy.users += 1;
      const giveBack = () => {
        copy.users -= 1;
      };
      const header = await copy.header.catch((error) => {
        giveBack();
        throw error;
      });
      return { header, arrays: copy.arrays, giveBack };
    },
  };
}

function momentLengthOf({ arrays }: Copy): number {
  return arrays.firstMoment.byteLength / Float32Array.BYTES_PER_ELEMENT;
}

/** A copy that is travelling is shared; otherwise the newest state is worth a new one. One of a later step is from before the run went back. */
function isGoodFor(copy: Copy, step: number, applied: number): boolean {
  return copy.step >= step && copy.step <= applied && (copy.users > 0 || copy.step === applied);
}

async function copyInto(
  arrays: StateArrays,
  parameters: Parameters,
  compute: Pick<Compute, 'exportState' | 'digest'>,
): Promise<StateHeader> {
  const { step, updates } = await parameters.look(async (applied) => {
    await compute.exportState(arrays);
    return applied;
  });
  return { step, updates, length: parameters.length, ...(await digestsOf(arrays, compute)) };
}

/** The arrays of a state by their names on the wire. */
import { StateArray, type StateHeader } from '../../proto/gen/prospect/v1/state.js';
import type { Compute, StateArrays } from '../compute/compute.js';

export interface NamedArray {
  readonly array: StateArray;
  /** For a person. */
  readonly name: string;
  readonly values: SharedArrayBuffer;
  readonly digestField: 'parameterDigest' | 'firstMomentDigest' | 'secondMomentDigest';
}

/** @param length elements of each. @param momentLength 0 where the parameters alone are wanted. */
export function allocateState(length: number, momentLength = length): StateArrays {
  const allocate = (elements: number) => new SharedArrayBuffer(elements * Float32Array.BYTES_PER_ELEMENT);
  return { parameters: allocate(length), firstMoment: allocate(momentLength), secondMoment: allocate(momentLength) };
}

/** In the order in which they travel. */
export function namedArrays({ parameters, firstMoment, secondMoment }: StateArrays): NamedArray[] {
  return [
    {
      array: StateArray.STATE_ARRAY_PARAMETERS,
      name: 'parameters',
      values: parameters,
      digestField: 'parameterDigest',
    },
    {
      array: StateArray.STATE_ARRAY_FIRST_MOMENT,
      name: 'first moments',
      values: firstMoment,
      digestField: 'firstMomentDigest',
    },
    {
      array: StateArray.STATE_ARRAY_SECOND_MOMENT,
      name: 'second moments',
      values: secondMoment,
      digestField: 'secondMomentDigest',
    },
  ];
}

export async function digestsOf(
  arrays: StateArrays,
  compute: Pick<Compute, 'digest'>,
): Promise<Pick<StateHeader, NamedArray['digestField']>> {
  const [parameterDigest, firstMomentDigest, secondMomentDigest] = await Promise.all([
    compute.digest(arrays.parameters),
    compute.digest(arrays.firstMoment),
    compute.digest(arrays.secondMoment),
  ]);
  return { parameterDigest, firstMomentDigest, secondMomentDigest };
}

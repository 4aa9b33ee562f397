/** Which rows are held out when the configuration gives a share of them. */
import { hashIntegers } from '../../core/order/mix.js';

/** Keeps this draw apart from the others that are made from the seed. */
const HELD_OUT_STREAM = 21;

export interface Split {
  readonly train: Uint32Array;
  readonly heldOut: Uint32Array;
}

/** Each row by a hash of (seed, row): rows that are added at the end leave the others where they are. */
export function splitRows(size: number, heldOutShare: number, seed: number): Split {
  const isHeldOut = (row: number) => hashIntegers(seed, HELD_OUT_STREAM, row) < heldOutShare * 2 ** 32;
  let heldOutCount = 0;
  for (let row = 0; row < size; row++) heldOutCount += Number(isHeldOut(row));
  const split = { train: new Uint32Array(size - heldOutCount), heldOut: new Uint32Array(heldOutCount) };
  let next = 0;
  for (let row = 0; row < size; row++) {
    if (isHeldOut(row)) split.heldOut[next++] = row;
    else split.train[row - next] = row;
  }
  return split;
}

/**
 * Reference log-probs that runs leave to each other: those of the first so many steps of a key's plan. A run that takes
 * more steps uses them as far as they go and leaves more.
 */
import { readValues, writeReferences } from './file.js';
import type { RunReferences } from './table.js';

/**
 * Fills both tables as far as the file goes; what it does not know stays as it is.
 * @returns for how many steps it goes.
 */
export async function readCached(
  path: string,
  { train, heldOut }: RunReferences,
): Promise<number | 'missing' | 'damaged'> {
  const values = await readValues(path);
  if (typeof values === 'string') return values;
  const arrays = [train.matched, heldOut.matched, heldOut.mismatched];
  const pairsStart = 1 + arrays.reduce((length, array) => length + array.length, 0);
  if (values.length < pairsStart) return 'damaged';
  let offset = 1;
  for (const array of arrays) {
    fillKnown(array, values.subarray(offset, offset + array.length));
    offset += array.length;
  }
  fillKnown(train.mismatched, values.subarray(pairsStart, pairsStart + train.mismatched.length));
  return values[0]!;
}

/** @param steps the table has the pairs of these first steps, and the rows that they meet. @throws STORAGE */
export function writeCached(path: string, steps: number, { train, heldOut }: RunReferences): Promise<void> {
  const arrays = [train.matched, heldOut.matched, heldOut.mismatched, train.mismatched];
  return writeReferences(path, [Float64Array.of(steps), ...arrays]);
}

function fillKnown(array: Float64Array, values: Float64Array): void {
  values.forEach((value, i) => {
    if (!Number.isNaN(value)) array[i] = value;
  });
}

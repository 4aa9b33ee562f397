/**
 * Mismatched pairs that stay the same for a whole run, drawn over all rows: each pair's reference log-prob is then
 * computed once and used in every epoch.
 */
import { hashIntegers } from './mix.js';
import { permutation } from './permutation.js';

/** Keep the draws of fixed pairs independent of the order's and of the pairs drawn each step. */
const GROUP_STREAM = 21;
const PLACE_STREAM = 22;
const SHIFT_STREAM = 23;

const LOW_32_BITS = 0xffff_ffffn;

/**
 * Lists the rows in random order, those of one prompt side by side, closes the list to a ring and takes the completion
 * some places further on. A shift of at least the largest group g and at most m − g leaves every group; when g > m/2
 * there is none, and a shift by g leaves 2g − m pairs of one prompt, the fewest that are possible.
 * Flat arrays, so that a million rows take a second and about 110 MiB, once a run.
 * @param size rows: 0 … size−1
 * @param promptKey equal for rows with equal prompts
 * @returns by row, the row whose completion goes with its prompt; every row is a partner once
 */
export function fixedPartners(size: number, promptKey: (row: number) => bigint, seed: number): Uint32Array {
  const ring = rowsByPrompt(size, promptKey, seed);
  const largest = largestGroup(ring, promptKey);
  const shift = shiftOf(size, largest, seed);
  const partners = new Uint32Array(size);
  ring.forEach((row, place) => {
    partners[row] = ring[(place + shift) % size]!;
  });
  return partners;
}

/** Groups in random order, their members in random order. */
function rowsByPrompt(size: number, promptKey: (row: number) => bigint, seed: number): Uint32Array {
  const keys = BigUint64Array.from({ length: size }, (_, row) => promptKey(row));
  const groups = Uint32Array.from(keys, (key) =>
    hashIntegers(seed, GROUP_STREAM, Number(key >> 32n), Number(key & LOW_32_BITS)),
  );
  const place = permutation(size, seed, PLACE_STREAM);
  const places = Uint32Array.from({ length: size }, (_, row) => place(row));
  return Uint32Array.from({ length: size }, (_, row) => row).sort((a, b) => {
    if (groups[a] !== groups[b]) return groups[a]! - groups[b]!;
    // Two prompts can have one hash.
    if (keys[a] !== keys[b]) return keys[a]! < keys[b]! ? -1 : 1;
    return places[a]! - places[b]!;
  });
}

function largestGroup(ring: Uint32Array, promptKey: (row: number) => bigint): number {
  let largest = 0;
  let start = 0;
  ring.forEach((row, place) => {
    if (promptKey(row) !== promptKey(ring[start]!)) start = place;
    largest = Math.max(largest, place + 1 - start);
  });
  return largest;
}

/** With one prompt alone, any shift that is none gives at least another completion. */
function shiftOf(size: number, largest: number, seed: number): number {
  if (largest === size) return 1;
  if (2 * largest > size) return largest;
  return largest + (hashIntegers(seed, SHIFT_STREAM) % (size - 2 * largest + 1));
}

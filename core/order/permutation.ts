/**
 * A permutation of [0, size) that is computed, not stored: a dataset of any size is shuffled without a table.
 *
 * It is a generalised Feistel network (Black and Rogaway, "Ciphers with arbitrary finite domains"): an index is written
 * as (left, right) in an a × b grid with a·b ≥ size, each round adds a hash of one half to the other, and an index that
 * lands outside [0, size) is sent through again until it lands inside (cycle walking). The grid is hardly larger than
 * size, so that walking is rare.
 */
import { hashIntegers, mix32 } from './mix.js';

/** Pairs of rounds. Eight rounds are twice what Luby and Rackoff need for large grids; small ones mix more slowly. */
const ROUNDS = 4;

/** Maps an index in [0, size) to another one, bijectively. The keys choose the permutation. */
export function permutation(size: number, ...keys: readonly number[]): (index: number) => number {
  const rows = Math.max(1, Math.ceil(Math.sqrt(size)));
  const columns = Math.max(1, Math.ceil(size / rows));
  const roundKeys = Array.from({ length: 2 * ROUNDS }, (_, round) => hashIntegers(...keys, round));
  return (index) => {
    let at = index;
    do at = encipher(at, rows, columns, roundKeys);
    while (at >= size);
    return at;
  };
}

function encipher(index: number, rows: number, columns: number, roundKeys: readonly number[]): number {
  let left = Math.floor(index / columns);
  let right = index % columns;
  for (let round = 0; round < roundKeys.length; round += 2) {
    left = (left + mix32(right ^ roundKeys[round]!)) % rows;
    right = (right + mix32(left ^ roundKeys[round + 1]!)) % columns;
  }
  return left * columns + right;
}

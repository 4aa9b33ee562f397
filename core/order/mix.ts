/**
 * Everything random in a run is a hash of integers (seed, epoch, step, …): no generator carries state from one step to
 * the next, so a resumed run and a run on other machines draw the same numbers.
 */

/** Unit of the generator's output: 53 bits fill a double exactly. */
const TWO_POW_53 = 2 ** 53;

/** A bijective 32-bit finaliser with low bias ("lowbias32", Chris Wellons, hash-prospector). */
export function mix32(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Hash of a list of non-negative integers (up to 2^53 each) to 32 bits; order matters. */
export function hashIntegers(...keys: readonly number[]): number {
  let hash = mix32(0x9e3779b9 ^ keys.length);
  for (const key of keys) {
    hash = mix32(hash ^ mix32(key));
    hash = mix32((hash + Math.floor(key / 2 ** 32) + 0x9e3779b9) | 0);
  }
  return hash;
}

/**
 * A generator of numbers in [0, 1), the same for the same keys everywhere. 53 random bits a number
 * ("sfc32", PractRand's small fast counting generator).
 */
export function randomFrom(...keys: readonly number[]): () => number {
  const next = smallFastCounter(keys);
  for (let i = 0; i < 12; i++) next();
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / TWO_POW_53;
}

function smallFastCounter(keys: readonly number[]): () => number {
  let a = hashIntegers(...keys, 1);
  let b = hashIntegers(...keys, 2);
  let c = hashIntegers(...keys, 3);
  let counter = 1;
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
}

/** How long a worker waits between two attempts to reach its coordinator. */

const FIRST_MS = 100;
/** A coordinator that starts waits a little longer than that for workers that were there. */
const LONGEST_MS = 1000;

/**
 * Doubles with every attempt, and is spread so that many workers do not come at the same moment.
 * @param attempt 0 for the first.
 * @param random in [0, 1).
 */
export function backOffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return full / 2 + (full / 2) * random;
}

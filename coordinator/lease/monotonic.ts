/** A clock that never runs backwards and is the same in all threads of a process. */

const NANOSECONDS_OF_A_MS = 1e6;

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / NANOSECONDS_OF_A_MS;
}

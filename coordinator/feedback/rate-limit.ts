/** How many rows a second are taken: an allowance that fills steadily, with time passed in. */

export interface Allowance {
  readonly rows: number;
  readonly atMs: number;
}

/** A sender may be silent for so long and then send all at once. */
const BURST_SECONDS = 10;

export function fullAllowance(rowsPerSecond: number, nowMs: number): Allowance {
  return { rows: rowsPerSecond * BURST_SECONDS, atMs: nowMs };
}

/**
 * Any number of rows passes while something is left, so that no request is too large for ever; the next ones wait longer.
 * @returns the allowance after it, or in how many seconds to try again.
 */
export function takeRows(
  allowance: Allowance,
  rows: number,
  rowsPerSecond: number,
  nowMs: number,
): { readonly allowance: Allowance } | { readonly retrySeconds: number } {
  const filled = allowance.rows + (rowsPerSecond * (nowMs - allowance.atMs)) / 1000;
  const left = Math.min(rowsPerSecond * BURST_SECONDS, filled);
  if (left <= 0) return { retrySeconds: Math.max(1, Math.ceil(-left / rowsPerSecond)) };
  return { allowance: { rows: left - rows, atMs: nowMs } };
}

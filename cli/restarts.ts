/** When a local worker that ended is started again. */
import { ERROR_TABLE } from '../core/errors.js';

/** In a row: a worker that dies more often has a reason that stays. */
export const MOST_RESTARTS = 5;
/** After so long a life, an end has nothing to do with the one before. */
export const STEADY_MS = 60_000;

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/** Ends that would come again: settings, rows, model or engine are not as they must be. */
const HOPELESS = (['CONFIG_INVALID', 'DATA_INVALID', 'MODEL_INVALID', 'ENGINE_UNAVAILABLE'] as const).map(
  (code): number => ERROR_TABLE[code].exitCode,
);

/** @param exitCode undefined when a signal ended it. */
export function isHopeless(exitCode: number | undefined): boolean {
  return exitCode !== undefined && HOPELESS.includes(exitCode);
}

/** @param restarts in a row before this one. */
export function delayMs(restarts: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** restarts);
}

/** Whether a leader has gone silent, by the clock of who looks: clocks of different machines are never compared. */

/**
 * @param limitMs silence that is long enough.
 * @returns takes what was seen at a moment of a monotonic clock; true when it has not changed for that long.
 */
export function createSilence(limitMs: number): (seen: string, nowMs: number) => boolean {
  let last: string | undefined;
  let sinceMs = 0;
  return (seen, nowMs) => {
    if (seen !== last) {
      last = seen;
      sinceMs = nowMs;
    }
    return nowMs - sinceMs >= limitMs;
  };
}

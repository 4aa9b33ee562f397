/** Wall-clock seconds of a step's phases. */

export interface Stopwatch {
  time<T>(phase: string, work: Promise<T>): Promise<T>;
  seconds(): Record<string, number>;
}

/** @param nowMs milliseconds from any fixed point. A phase lasts from the end of the one before. */
export function createStopwatch(nowMs: () => number): Stopwatch {
  const phases: Record<string, number> = {};
  let last = nowMs();
  return {
    async time(phase, work) {
      const result = await work;
      const now = nowMs();
      phases[phase] = (now - last) / 1000;
      last = now;
      return result;
    },
    seconds: () => ({ ...phases }),
  };
}

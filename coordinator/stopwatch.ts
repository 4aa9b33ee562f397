/** Wall-clock seconds of a step's phases. A phase that is begun anew after a loss adds to what it took before. */

export interface Stopwatch {
  /** The time since the last lap, or what was left out, belongs to this phase. */
  lap(phase: string): void;
  /** The time since then belongs to no step. */
  leaveOut(): void;
  /** The phases, as if this one ended now. */
  soFar(phase: string): Record<string, number>;
  /** Gives the phases and begins with the next step's. */
  take(): Record<string, number>;
}

/** @param nowMs milliseconds from any fixed point. */
export function createStopwatch(nowMs: () => number): Stopwatch {
  let phases: Record<string, number> = {};
  let last = nowMs();
  const elapsedSeconds = () => {
    const now = nowMs();
    const seconds = (now - last) / 1000;
    last = now;
    return seconds;
  };
  return {
    lap(phase) {
      phases[phase] = (phases[phase] ?? 0) + elapsedSeconds();
    },
    leaveOut: () => void elapsedSeconds(),
    soFar: (phase) => ({ ...phases, [phase]: (phases[phase] ?? 0) + (nowMs() - last) / 1000 }),
    take() {
      const taken = phases;
      phases = {};
      return taken;
    },
  };
}

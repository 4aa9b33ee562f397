/**
 * How long what arrives waits for a worker's main thread. It computes nothing itself, so that it can answer at once;
 * whether that holds is told at the end of its life.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Between two looks at the clock. */
const INTERVAL_MS = 10;
const NS_PER_MS = 1e6;

export interface MainThreadLag {
  readonly mainThreadLagP99Ms: number;
  readonly mainThreadLagMaxMs: number;
}

/** Watches the event loop of the calling thread. @returns what to end it with. */
export function watchLag(): () => MainThreadLag {
  const delays = monitorEventLoopDelay({ resolution: INTERVAL_MS });
  delays.enable();
  // A delay is the time between two looks.
  const lagMs = (delayNs: number) => Math.max(0, Math.round(delayNs / NS_PER_MS - INTERVAL_MS));
  return () => {
    delays.disable();
    return { mainThreadLagP99Ms: lagMs(delays.percentile(99)), mainThreadLagMaxMs: lagMs(delays.max) };
  };
}

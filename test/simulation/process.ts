/** A process that can be killed, stopped and continued: what it was to do happens later, or never. */
import type { Scheduler } from './scheduler.js';

export interface Process {
  isAlive(): boolean;
  isStopped(): boolean;
  /** Runs the action unless the process was killed meanwhile; when it is stopped: after it is continued. */
  run(action: () => void): void;
  after(delayMs: number, action: () => void): void;
  stop(): void;
  resume(): void;
  kill(): void;
}

export function createProcess(scheduler: Scheduler): Process {
  const backlog: (() => void)[] = [];
  let alive = true;
  let stopped = false;
  const run = (action: () => void) => {
    if (!alive) return;
    if (stopped) backlog.push(action);
    else action();
  };
  return {
    isAlive: () => alive,
    isStopped: () => stopped,
    run,
    after: (delayMs, action) => scheduler.after(delayMs, () => run(action)),
    stop() {
      stopped = true;
    },
    resume() {
      stopped = false;
      for (const action of backlog.splice(0)) run(action);
    },
    kill() {
      alive = false;
      backlog.length = 0;
    },
  };
}

/** Reports that come in the same millisecond: the machine is told of them together, as the real driver does it. */
import type { WorkerEvent } from '../../coordinator/machine/events.js';
import type { Process } from './process.js';

export interface PendingReports {
  /** @param score of a mismatched microbatch. */
  add(event: WorkerEvent, score: number): void;
  /** All that wait, in order. */
  take(): WorkerEvent[];
  /** Of a report taken last. */
  scoreOf(session: number, microbatch: number): number;
}

/** @param handle tells the machine of all that wait, and of this last one. */
export function createPendingReports(process: Process, handle: (last: WorkerEvent) => void): PendingReports {
  const waiting: WorkerEvent[] = [];
  const scores = new Map<string, number>();
  let taken: ReadonlyMap<string, number> = new Map();
  const flush = () => {
    const last = waiting.pop();
    if (last) handle(last);
  };
  return {
    add(event, score) {
      if (event.kind === 'mismatchedReport') {
        const key = `${event.session} ${event.microbatch}`;
        // A late repetition of another step does not replace what came before it.
        if (scores.has(key)) flush();
        scores.set(key, score);
      }
      waiting.push(event);
      process.after(0, flush);
    },
    take() {
      taken = new Map(scores);
      scores.clear();
      return waiting.splice(0);
    },
    scoreOf: (session, microbatch) => taken.get(`${session} ${microbatch}`)!,
  };
}

/**
 * The first workers of a new run begin together: they are let in when as many are ready as the run starts with, or some
 * seconds after the first one. Later ones would have to pull what these have.
 */

/** Workers that are started together load within it. */
export const GATHER_MS = 5000;

export interface Gathering {
  /** @param letIn called at once when the run has begun. */
  ready(session: number, letIn: () => void): void;
  /** A worker that waits is gone. */
  lost(session: number): void;
  close(): void;
}

/** @param wanted how many begin together; 0 lets everybody in at once. */
export function createGathering(wanted: number): Gathering {
  const waiting = new Map<number, () => void>();
  let isOpen = wanted > 1;
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    isOpen = false;
    clearTimeout(timer);
    for (const letIn of waiting.values()) letIn();
    waiting.clear();
  };
  return {
    ready(session, letIn) {
      if (!isOpen) {
        letIn();
        return;
      }
      waiting.set(session, letIn);
      timer ??= setTimeout(begin, GATHER_MS);
      if (waiting.size >= wanted) begin();
    },
    lost: (session) => void waiting.delete(session),
    close: () => clearTimeout(timer),
  };
}

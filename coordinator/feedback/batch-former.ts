/** Gives each step its rows when there are enough of them, and says what is waited for while there are not. */

import { type BatchRules, decideBatch } from './form-batch.js';
import type { IdleWatch } from './idle-watch.js';
import type { LiveRows } from './live-rows.js';

export interface BatchFormer {
  /**
   * Resolves when the step has its rows.
   * @throws the signal's reason; STORAGE
   */
  ready(step: number, signal: AbortSignal): Promise<void>;
  /** Gives a later step its rows, where a whole batch is there already; a small one can wait until it is wanted. */
  ahead(step: number): Promise<void>;
}

export interface FormerOptions {
  readonly live: LiveRows;
  readonly rules: BatchRules;
  readonly idle: IdleWatch;
  /** Milliseconds of a clock that never runs backwards. */
  readonly now: () => number;
}

interface Wait {
  readonly step: number;
  readonly beganMs: number;
  /** When there were some rows, too few. */
  rowsSinceMs: number | undefined;
}

export function createBatchFormer({ live, rules, idle, now }: FormerOptions): BatchFormer {
  let forming = Promise.resolve();
  let wait: Wait = { step: 0, beganMs: 0, rowsSinceMs: undefined };
  /** One at a time: what one takes is not there for the next. */
  const form = (step: number): Promise<void> => {
    forming = forming.then(() => (live.planOf(step) ? undefined : live.plan(step, rules)));
    return forming;
  };
  const decide = (sinceMs: number | undefined) => decideBatch(live.waiting(), rules, sinceMs, now());
  return {
    async ready(step, signal) {
      await forming;
      // It may be called off and wanted again: its deadline stays.
      if (wait.step !== step) wait = { step, beganMs: now(), rowsSinceMs: undefined };
      while (!live.isReady(step)) {
        signal.throwIfAborted();
        if (live.planOf(step)) {
          // The row log was lost, and is read again.
          await untilRowsCome(undefined, signal);
          continue;
        }
        const { desirable, undesirable } = live.waiting();
        if (desirable + undesirable > 0) wait.rowsSinceMs ??= now();
        const decision = decide(wait.rowsSinceMs);
        if (decision.kind === 'form') {
          await form(step);
          continue;
        }
        const lookAtMs = idle.look(step, wait.beganMs, live.waiting(), decision);
        await untilRowsCome(earliest(decision.untilMs, lookAtMs), signal);
      }
      idle.end(step);
    },
    async ahead(step) {
      await forming;
      if (!live.planOf(step) && decide(undefined).kind === 'form') await form(step);
    },
  };

  /** Or until a moment has come, or the signal is aborted. */
  function untilRowsCome(untilMs: number | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        stopListening();
        signal.removeEventListener('abort', go);
        resolve();
      };
      const timer = untilMs === undefined ? undefined : setTimeout(go, Math.max(1, Math.ceil(untilMs - now())));
      const stopListening = live.onAdded(go);
      signal.addEventListener('abort', go);
    });
  }
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

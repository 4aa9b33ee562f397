/** The state machine at work: events one at a time, their effects in order, and the clock that wakes it. */
import { toProspectError } from '../../core/errors.js';
import type { Effect } from '../machine/effects.js';
import type { CommandEvent, DriverEvent, WorkerEvent } from '../machine/events.js';
import { nextDeadlineMs } from '../machine/next-deadline.js';
import { transition } from '../machine/transition.js';
import type { State } from '../machine/types.js';

export type Happening = WorkerEvent | DriverEvent | CommandEvent;

export interface Loop {
  /** Handled before it returns, unless it is called from within an effect: then after that one's event. */
  post(event: Happening): void;
  /** Handled with all others that come in this turn of the event loop, or before the next post. */
  report(event: WorkerEvent): void;
  state(): State;
  /** Nothing happens any more. */
  close(): void;
}

export interface LoopOptions {
  readonly initial: State;
  /** Begins what an effect wants and returns; answers come as events. */
  readonly perform: (effect: Effect) => void;
  /** What `perform` threw. */
  readonly onError: (error: Error) => void;
  /** Milliseconds of a clock that never runs backwards. */
  readonly now: () => number;
}

/** Deadlines are looked for so long after something happened, once for all that did: they are far longer. */
const LOOK_AFTER_MS = 20;

export function createLoop({ initial, perform, onError, now }: LoopOptions): Loop {
  let state = initial;
  let waiting: Happening[] = [];
  let isBusy = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  let reported: NodeJS.Immediate | undefined;

  const handle = (happenings: readonly Happening[]) => {
    const atMs = now();
    const { state: next, effects } = transition(state, ...happenings.map((happening) => ({ ...happening, atMs })));
    state = next;
    for (const effect of effects) perform(effect);
  };
  const setTimer = () => {
    looking = undefined;
    clearTimeout(timer);
    const atMs = now();
    const due = nextDeadlineMs(state, atMs);
    if (due !== undefined) timer = setTimeout(() => post({ kind: 'tick' }), Math.max(1, Math.ceil(due - atMs)));
  };
  const handleAll = () => {
    reported = undefined;
    if (isBusy) return;
    isBusy = true;
    try {
      while (waiting.length > 0 && !isClosed) {
        const happenings = waiting;
        waiting = [];
        handle(happenings);
      }
    } catch (thrown) {
      onError(toProspectError(thrown));
    } finally {
      isBusy = false;
    }
    if (!isClosed) looking ??= setTimeout(setTimer, LOOK_AFTER_MS);
  };
  const post = (event: Happening) => {
    if (isClosed) return;
    waiting.push(event);
    handleAll();
  };
  return {
    post,
    report(event) {
      if (isClosed) return;
      waiting.push(event);
      reported ??= setImmediate(handleAll);
    },
    state: () => state,
    close() {
      isClosed = true;
      clearImmediate(reported);
      clearTimeout(looking);
      clearTimeout(timer);
    },
  };
}

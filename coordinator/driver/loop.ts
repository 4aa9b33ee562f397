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

export function createLoop({ initial, perform, onError, now }: LoopOptions): Loop {
  let state = initial;
  const waiting: Happening[] = [];
  let isBusy = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: NodeJS.Immediate | undefined;

  const handle = (event: Happening) => {
    const { state: next, effects } = transition(state, { ...event, atMs: now() });
    state = next;
    for (const effect of effects) perform(effect);
  };
  const setTimer = () => {
    looking = undefined;
    clearTimeout(timer);
    const atMs = now();
    const due = isClosed ? undefined : nextDeadlineMs(state, atMs);
    if (due !== undefined) timer = setTimeout(() => post({ kind: 'tick' }), Math.max(1, Math.ceil(due - atMs)));
  };
  const post = (event: Happening) => {
    if (isClosed) return;
    waiting.push(event);
    if (isBusy) return;
    isBusy = true;
    try {
      for (let next = waiting.shift(); next && !isClosed; next = waiting.shift()) handle(next);
    } catch (thrown) {
      onError(toProspectError(thrown));
    } finally {
      isBusy = false;
    }
    // Many events come together: their deadlines are looked for once.
    looking ??= setImmediate(setTimer);
  };
  return {
    post,
    state: () => state,
    close() {
      isClosed = true;
      clearImmediate(looking);
      clearTimeout(timer);
    },
  };
}

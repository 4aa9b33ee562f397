import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KEEPALIVE_ANSWER_MS, KEEPALIVE_MS } from './channel-options.js';
import { keepAlive } from './keep-alive.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A connection whose other end answers when told to. */
function connect() {
  const answers: (() => void)[] = [];
  const ends: Error[] = [];
  const callStarted = keepAlive({
    ping: (answered) => answers.push(answered),
    destroy: (reason) => ends.push(reason),
    on: () => undefined,
  });
  return { answers, ends, callStarted };
}

test('who does not answer a ping in time while a call is running is lost', () => {
  const { answers, ends, callStarted } = connect();
  callStarted();
  vi.advanceTimersByTime(KEEPALIVE_MS + KEEPALIVE_ANSWER_MS - 1);
  expect([answers.length, ends.length]).toEqual([1, 0]);
  vi.advanceTimersByTime(1);
  expect(ends).toMatchObject([{ code: 'WORKER_LOST', message: `no answer to a ping in ${KEEPALIVE_ANSWER_MS} ms` }]);
});

test('who answers is asked again, and nobody is asked without a call', () => {
  const { answers, ends, callStarted } = connect();
  vi.advanceTimersByTime(10 * KEEPALIVE_MS);
  expect(answers).toHaveLength(0);
  const callEnded = callStarted();
  vi.advanceTimersByTime(KEEPALIVE_MS);
  answers[0]!();
  vi.advanceTimersByTime(KEEPALIVE_MS);
  answers[1]!();
  callEnded();
  vi.advanceTimersByTime(10 * KEEPALIVE_MS);
  expect([answers.length, ends.length]).toEqual([2, 0]);
});

test('time in which this process itself stood still is not held against the other end', () => {
  const { answers, ends, callStarted } = connect();
  callStarted();
  vi.advanceTimersByTime(KEEPALIVE_MS);
  const now = performance.now();
  vi.spyOn(performance, 'now').mockReturnValue(now + 100_000);
  vi.advanceTimersToNextTimer();
  expect(ends).toEqual([]);
  answers[0]!();
});

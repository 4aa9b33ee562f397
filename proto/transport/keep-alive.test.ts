import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KEEPALIVE_ANSWER_MS, KEEPALIVE_MS } from './channel-options.js';
import { keepAlive } from './keep-alive.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A connection whose other end answers when told to. */
function connect(isGreeted = () => true) {
  const answers: (() => void)[] = [];
  const ends: (Error | undefined)[] = [];
  const callStarted = keepAlive({
    ping: (answered) => void answers.push(answered),
    destroy: (reason) => void ends.push(reason),
    on: () => undefined,
    isGreeted,
  });
  return { answers, ends, callStarted };
}

test('who does not answer a ping in time while a call is running is lost', () => {
  const { answers, ends, callStarted } = connect();
  callStarted();
  vi.advanceTimersByTime(KEEPALIVE_MS + KEEPALIVE_ANSWER_MS - 1);
  expect([answers.length, ends.length]).toEqual([1, 0]);
  // An immediate after each of nine looks.
  vi.advanceTimersByTime(10);
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

test('who is asked by a process that stood still itself is given nine looks all the same', () => {
  const { ends, callStarted } = connect();
  callStarted();
  vi.advanceTimersByTime(KEEPALIVE_MS);
  // However late it is, one look has passed.
  vi.setSystemTime(Date.now() + 100_000);
  vi.advanceTimersToNextTimer();
  vi.advanceTimersByTime(KEEPALIVE_ANSWER_MS / 2);
  expect(ends).toEqual([]);
});

test('who has not accepted the connection yet is not asked', () => {
  let isGreeted = false;
  const { answers, callStarted } = connect(() => isGreeted);
  callStarted();
  vi.advanceTimersByTime(10 * KEEPALIVE_MS);
  expect(answers).toHaveLength(0);
  isGreeted = true;
  vi.advanceTimersByTime(KEEPALIVE_MS);
  expect(answers).toHaveLength(1);
});

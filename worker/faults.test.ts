import { expect, test } from 'vitest';
import { faults, parseFaults } from './faults.js';

test('each fault strikes once, at its point of its step', () => {
  const signals: string[] = [];
  const { strike } = parseFaults('kill@leaf:3,stop@reducing:2,corrupt@leaf:4', (name) => signals.push(name));
  expect([strike('leaf', 2), strike('reducing', 2), strike('reducing', 2), strike('leaf', 3)]).not.toContain(true);
  expect(signals).toEqual(['SIGSTOP', 'SIGKILL']);
  expect([strike('leaf', 4), strike('leaf', 4)]).toEqual([true, false]);
});

test('a fault strikes later where its step was missed', () => {
  const signals: string[] = [];
  const { strike } = parseFaults('kill@leaf:3', (name) => signals.push(name));
  expect([strike('leaf', 2), signals.length, strike('leaf', 7), signals.length]).toEqual([false, 0, false, 1]);
});

test('what is no fault is refused', () => {
  expect(() => parseFaults('kill@lunch:1', () => undefined)).toThrow(/"kill@lunch:1" is no fault/);
});

test('nothing happens without an order', () => {
  expect(faults.strike('leaf', 1)).toBe(false);
});

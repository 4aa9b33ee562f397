import { expect, test } from 'vitest';
import { ALARM_HISTORY_STEPS, alarmsOf, newAlarms, type WatchedMetrics } from './alarms.js';

function history(change: (step: number) => Partial<WatchedMetrics>): WatchedMetrics[] {
  return Array.from({ length: ALARM_HISTORY_STEPS }, (_, step) => ({
    'rewards/chosen': 0.1 * step + wobble(step),
    'rewards/rejected': -0.1 * step + wobble(step),
    saturation: 0.1,
    'kl/clamped': step % 2 === 0,
    'kl/raw': 0.2,
    ...change(step),
  }));
}

/** Differences from batch to batch. */
function wobble(step: number): number {
  return 0.3 * Math.sin(step * 2.3);
}

test('a healthy run raises no alarm, nor does a short one', () => {
  expect(alarmsOf(history(() => ({})))).toEqual([]);
  expect(alarmsOf(history(() => ({ saturation: 1, 'kl/clamped': true })).slice(0, 5))).toEqual([]);
});

test('both rewards falling is told with the numbers', () => {
  const [alarm] = alarmsOf(history((step) => ({ 'rewards/chosen': -0.2 * step + wobble(step) })));
  expect(alarm?.kind).toBe('bothRewardsFalling');
  expect(alarm?.message).toMatch(/chosen went from -\d.* lower learning rate/);
});

test('rewards that only wobble are not falling', () => {
  const flat = (step: number) => ({ 'rewards/chosen': wobble(step), 'rewards/rejected': wobble(step + 1) });
  expect(alarmsOf(history(flat))).toEqual([]);
});

test('saturation and a long clamp are told, without a class too', () => {
  const alarms = alarmsOf(
    history(() => ({ saturation: 0.8, 'kl/clamped': true, 'kl/raw': -3, 'rewards/chosen': null })),
  );
  expect(alarms.map((alarm) => alarm.kind)).toEqual(['saturated', 'clamped']);
  expect(alarms[0]?.message).toContain('80 % of the rows');
  expect(alarms[1]?.message).toContain('raw mean -3.00 nats');
});

test('an alarm is new once, and again after it went away', () => {
  const shares = [0.1, 0.8, 0.8, 0.1, 0.8];
  const looks = shares.map((saturation) => alarmsOf(history(() => ({ saturation }))));
  expect(looks.map((now, i) => newAlarms(looks[i - 1] ?? [], now).length)).toEqual([0, 1, 0, 0, 1]);
});

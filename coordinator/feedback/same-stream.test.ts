import { expect, test } from 'vitest';
import type { LiveRows } from './live-rows.js';
import { lastCommon, nanosecondsOf } from './same-stream.js';

/** A log with these messages, each taken at ten times its number. */
function logOf(sequences: readonly number[]): LiveRows {
  const records = sequences.map((sequence) => ({
    kind: 'row',
    generation: 0,
    sequence,
    timeNs: BigInt(10 * sequence),
  }));
  const log = { size: () => records.length, record: (row: number) => records[row] };
  return { log, place: () => ({ generation: 0, sequence: sequences.at(-1) ?? 0 }) } as unknown as LiveRows;
}

/** A stream that has lost what came after `kept` and has taken others since; what is in `gone` was deleted. */
function stream(last: number, kept: number, gone: readonly number[] = []) {
  const timeOf = async (sequence: number) =>
    gone.includes(sequence) ? undefined : BigInt(10 * sequence + (sequence > kept ? 1 : 0));
  return { last, timeOf };
}

test('a stream that goes on has all that the log has', async () => {
  expect(await lastCommon(logOf([1, 2, 5, 9]), stream(20, 20))).toBeUndefined();
  expect(await lastCommon(logOf([]), stream(20, 20))).toBeUndefined();
  expect(await lastCommon(logOf([1, 2, 5, 9]), stream(20, 20, [9]))).toBeUndefined();
});

test.each([0, 1, 4, 5, 8])(
  'of a stream that lost what came after %i, the newest message before that is common',
  async (kept) => {
    const log = [1, 2, 5, 9];
    const common = log.filter((sequence) => sequence <= kept).at(-1) ?? 0;
    expect(await lastCommon(logOf(log), stream(kept, kept))).toBe(common);
    expect(await lastCommon(logOf(log), stream(30, kept))).toBe(common);
  },
);

test('times are exact to the nanosecond, whatever zeros are left out', () => {
  expect(nanosecondsOf('2026-11-24T12:00:00.123456789Z')).toBe(1_795_521_600_123_456_789n);
  expect(nanosecondsOf('2026-11-24T12:00:00.5Z')).toBe(1_795_521_600_500_000_000n);
  expect(nanosecondsOf('2026-11-24T12:00:00Z')).toBe(1_795_521_600_000_000_000n);
});

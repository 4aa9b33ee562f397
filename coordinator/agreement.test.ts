import { expect, test } from 'vitest';
import { agreedGradient } from './agreement.js';

const LINKS = [
  { workerId: 'a', peerAddress: 'host:1' },
  { workerId: 'b', peerAddress: 'host:2' },
];

function reports(...values: [digest: string, norm: number][]) {
  return values.map(([digest, norm]) => ({ generation: 1, step: 3, digest, norm }));
}

test('equal digests and norms give the norm', () => {
  expect(agreedGradient(reports(['d', 2], ['d', 2]), LINKS, 3)).toBe(2);
});

test.each([
  ['digest', reports(['d', 2], ['e', 2])],
  ['norm', reports(['d', 2], ['d', 2.0000001])],
])('another %s names the worker', (_, different) => {
  expect(() => agreedGradient(different, LINKS, 3)).toThrow(
    expect.objectContaining({
      code: 'WORKER_MISMATCH',
      message: expect.stringMatching(/step 3 differs on b \(host:2\)/),
    }),
  );
});

test('a gradient that is not a number ends the run even if all agree', () => {
  const same = reports(['d', Number.NaN], ['d', Number.NaN]);
  expect(() => agreedGradient(same, LINKS, 3)).toThrow(expect.objectContaining({ code: 'NON_FINITE' }));
});

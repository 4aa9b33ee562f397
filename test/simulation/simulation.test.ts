/** The coordinator's state machine in a thousand worlds of faults; see simulate.ts for what one world is. */
import { describe, expect, it } from 'vitest';
import { replayCommand } from './replay.js';
import { simulate } from './simulate.js';

/** More run by `npm run simulate`. */
const SEEDS = 1000;

describe('a run under faults', () => {
  it(`ends with the undisturbed run's bits, for ${SEEDS} seeds`, () => {
    const failures: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations } = simulate(seed);
      if (violations.length > 0) failures.push(`${violations[0]}; replay it with: ${replayCommand(seed)}`);
    }
    expect(failures).toEqual([]);
  });

  it('happens in the same way again for the same seed', () => {
    const traceOf = (seed: number) => {
      const lines: string[] = [];
      simulate(seed, { onTrace: (line) => lines.push(line) });
      return lines;
    };
    for (const seed of [3, 14, 159]) expect(traceOf(seed)).toEqual(traceOf(seed));
    expect(traceOf(3)).not.toEqual(traceOf(4));
  });
});

describe('a run without faults', () => {
  it('loses no worker, heals none and makes every step once', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const lines: string[] = [];
      const { violations } = simulate(seed, { faults: 'none', onTrace: (line) => lines.push(line) });
      expect(violations).toEqual([]);
      expect(lines.filter((line) => /"kind":"(disconnect|expelled|restore|paused|heal)"/.test(line))).toEqual([]);
    }
  });
});

import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_RIVAL } from '../../test/support/no-rival.js';
import { type EventLog, openEventLog } from './event-log.js';
import type { Place } from './log-file.js';

let output: string;
let path: string;
let log: EventLog;
const errors: Error[] = [];

beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'prospect-event-log-'));
  path = join(output, 'events.jsonl');
  errors.length = 0;
});
afterEach(async () => {
  await log.close();
  await rm(output, { recursive: true });
});

async function open({ goesOn = true, limitBytes = 2 ** 20, run = 'r1' } = {}): Promise<void> {
  log = await openEventLog({
    fence: NO_RIVAL,
    output,
    run,
    goesOn,
    limitBytes,
    onError: (error) => errors.push(error),
    timeMs: () => 0,
  });
}

async function reopen(options: Parameters<typeof open>[0] = {}): Promise<void> {
  await log.close();
  await open(options);
}

function tellSteps(from: number, to: number): void {
  for (let step = from; step <= to; step++) log.tell({ kind: 'step', step, metrics: null });
}

/** All that is left after a number, in as many reads as it takes. */
async function sequences(after = 0, from?: Place): Promise<number[]> {
  const { lines, next } = await log.read(after, from);
  if (lines.length === 0 && next.offset === (from?.offset ?? 0)) return [];
  return [...lines.map(({ sequence }) => sequence), ...(await sequences(after, next))];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

describe('an event log', () => {
  it('numbers its events, and gives those after a number', async () => {
    await open();
    tellSteps(1, 5);
    expect(log.sequence()).toBe(5);
    expect(await sequences()).toEqual([1, 2, 3, 4, 5]);
    expect(await sequences(3)).toEqual([4, 5]);
  });

  it('wakes who waits for the next event', async () => {
    await open();
    const waiting = log.beyond(0, new AbortController().signal);
    tellSteps(1, 1);
    await waiting;
    const stop = new AbortController();
    const stopped = log.beyond(1, stop.signal);
    stop.abort();
    await stopped;
  });

  it('goes on with the next number, and knows what was told', async () => {
    await open();
    tellSteps(1, 3);
    await reopen();
    expect(log.told()).toEqual({ step: 3, evaluation: -1 });
    tellSteps(4, 4);
    expect(await sequences()).toEqual([1, 2, 3, 4]);
  });

  it('finds the last step behind many other events', async () => {
    await open();
    tellSteps(1, 2);
    for (let i = 0; i < 2_000; i++) log.tell({ kind: 'alarm', alarm: 'cluster', message: 'x'.repeat(100) });
    await reopen();
    expect(log.told().step).toBe(2);
    expect(log.sequence()).toBe(2_002);
  });

  it.each([
    ['half a line', async () => appendFile(path, '{"version":1,"sequence":4,"kind":"st')],
    ['zeros', async () => appendFile(path, `${'\0'.repeat(50)}\n`)],
  ])('cuts off %s that a crash left at its end', async (_, damage) => {
    await open();
    tellSteps(1, 3);
    await log.close();
    await damage();
    await open();
    tellSteps(4, 4);
    expect(await sequences()).toEqual([1, 2, 3, 4]);
  });

  it('numbers the last event again when a crash has cut its line', async () => {
    await open();
    tellSteps(1, 3);
    await log.close();
    await truncate(path, (await readFile(path)).length - 5);
    await open();
    expect(log.told().step).toBe(2);
    expect(log.sequence()).toBe(2);
  });

  it('begins anew for a new run, and for another run in the same folder', async () => {
    await open();
    tellSteps(1, 3);
    await reopen({ goesOn: false });
    expect(log.sequence()).toBe(0);
    tellSteps(1, 2);
    await reopen({ run: 'r2' });
    expect([log.sequence(), await sequences()]).toEqual([0, []]);
  });

  it('loses its older half over the limit, keeps its numbers, and stays readable from an old place', async () => {
    await open({ limitBytes: 20_000 });
    tellSteps(1, 100);
    const { lines, next } = await log.read(0, undefined);
    expect(lines).toHaveLength(100);
    // In pieces, as in a run: one write is never cut.
    for (let step = 101; step <= 300; step++) {
      tellSteps(step, step);
      await log.read(step, next);
    }
    const left = await sequences(100, next);
    expect(left.at(-1)).toBe(300);
    expect(left).toEqual(range(left[0]!, 300));
    expect(left.length).toBeLessThan(200);
    expect((await readFile(path)).length).toBeLessThan(20_000);
    await reopen();
    expect(log.told().step).toBe(300);
    expect(await sequences()).toEqual(left);
  });

  it('tells once that it can’t be written, and goes on without', async () => {
    await open({ limitBytes: 1_000 });
    // The cut needs this name for its new file.
    await mkdir(`${path}.new`);
    await writeFile(join(`${path}.new`, 'in the way'), '');
    tellSteps(1, 50);
    await log.read(0, undefined);
    tellSteps(51, 100);
    await log.read(0, undefined);
    expect(errors).toHaveLength(1);
    expect(errors[0]!.message).toContain("Can't write");
  });
});

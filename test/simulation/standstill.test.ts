/** How long a run stands still after a loss: in simulated time, so that the load of this machine does not count. */
import { describe, expect, it } from 'vitest';
import type { Victims } from './faults.js';
import { createModel } from './model.js';
import { type SimulationOptions, simulate } from './simulate.js';

const ROW_MS = 10;
const ROWS_OF_A_STEP = 12;
const WORKERS = ['w1', 'w2', 'w3'] as const;
/** A step by one worker alone: both passes over all rows, and a few messages. */
const LONGEST_STEP_MS = 2 * ROWS_OF_A_STEP * ROW_MS + 100;
/** What silence takes to be noticed. */
const SILENCE_MS = 2500;
/** As soon as a supervisor starts it again. */
const RESTART_MS = 300;
const LONGEST_BACK_OFF_MS = 1000;
const LONGEST_LOAD_MS = 700;
const LONGEST_HEAL_MS = 900;
const SETTLE_MS = 1500;
/** Longer than any run here. */
const NEVER_MS = 60_000;
/** Before a loss that is looked at. */
const EARLIER_MS = 1200;
/** Moments of a step at which it strikes, ms. */
const MOMENTS = Array.from({ length: 20 }, (_, i) => 3000 + 14 * i);
/** The last one is made well after the loss. */
const STEPS = 40;

const SNAPSHOTS = { snapshots: { everySteps: 4, everyMs: undefined } };

interface Loss {
  readonly strike: (victims: Victims) => void;
  /** What has happened to the run already. */
  readonly earlier?: (victims: Victims) => void;
  readonly settings?: SimulationOptions['settings'];
}

/** @returns the longest time from the loss to the next commit, also to one that is made again, ms. */
function longestStandstill(loss: Loss): number {
  return Math.max(...MOMENTS.map((atMs, seed) => standstill(loss, atMs, seed)));
}

function standstill({ strike, earlier = () => undefined, settings }: Loss, atMs: number, seed: number): number {
  const commits: number[] = [];
  const clean = { badPairs: [], badRows: [], infiniteSteps: [] };
  const size = { rows: 4 * ROWS_OF_A_STEP, globalBatch: ROWS_OF_A_STEP, totalSteps: STEPS };
  const { violations } = simulate(seed, {
    faults: 'none',
    model: { ...createModel(seed), ...clean, ...size },
    rowMs: WORKERS.map(() => ROW_MS),
    settings: { workers: { min: 1, max: 3, waitMs: 600_000 }, ...settings },
    haunt(victims) {
      after(victims, EARLIER_MS, () => earlier(victims));
      after(victims, atMs, () => strike(victims));
    },
    onTrace(line) {
      const [, time] = /^ *(\d+) {3}effect \{"kind":"commit"/.exec(line) ?? [];
      if (time !== undefined) commits.push(Number(time));
    },
  });
  expect(violations).toEqual([]);
  return commits.find((time) => time > atMs)! - atMs;
}

function after({ world }: Victims, delayMs: number, action: () => void): void {
  world.scheduler.after(delayMs, action);
}

function killWorker(victims: Victims, workerId: string, backAfterMs = RESTART_MS): void {
  const worker = victims.world.workers.get(workerId)!;
  worker.kill();
  after(victims, backAfterMs, worker.start);
}

function stopWorker(victims: Victims, workerId: string): void {
  const worker = victims.world.workers.get(workerId)!;
  worker.stop();
  after(victims, NEVER_MS, worker.resume);
}

function killCoordinator(victims: Victims): void {
  victims.killCoordinator();
  after(victims, RESTART_MS, victims.startCoordinator);
}

function killAllWorkers(victims: Victims): void {
  for (const worker of WORKERS) killWorker(victims, worker);
}

describe('work goes on', () => {
  it('after a killed worker, within the time of a step', () => {
    const strike = (victims: Victims) => killWorker(victims, 'w2');
    expect(longestStandstill({ strike })).toBeLessThan(LONGEST_STEP_MS);
  });

  it('after two of three killed workers, by the third one alone', () => {
    const strike = (victims: Victims) => {
      killWorker(victims, 'w2');
      killWorker(victims, 'w3');
    };
    expect(longestStandstill({ strike })).toBeLessThan(LONGEST_STEP_MS);
  });

  it('after a worker that stopped, as soon as that is noticed, also under a second coordinator', () => {
    const strike = (victims: Victims) => stopWorker(victims, 'w2');
    for (const earlier of [undefined, killCoordinator]) {
      const longest = longestStandstill({ strike, ...(earlier && { earlier }) });
      expect(longest).toBeLessThan(SILENCE_MS + LONGEST_STEP_MS);
    }
  });

  it('after a killed coordinator, when its workers are back', () => {
    const longest = longestStandstill({ strike: killCoordinator });
    expect(longest).toBeLessThan(RESTART_MS + LONGEST_BACK_OFF_MS + LONGEST_STEP_MS);
  });

  it('after a coordinator and a worker were killed together, soon without the one that does not come back', () => {
    const strike = (victims: Victims) => {
      killCoordinator(victims);
      killWorker(victims, 'w2', NEVER_MS);
    };
    expect(longestStandstill({ strike })).toBeLessThan(RESTART_MS + SETTLE_MS + LONGEST_STEP_MS);
  });

  it('after everything was killed, from the snapshot, as soon as all are back', () => {
    const strike = (victims: Victims) => {
      killCoordinator(victims);
      killAllWorkers(victims);
    };
    const back = RESTART_MS + Math.max(SETTLE_MS, LONGEST_LOAD_MS);
    const longest = longestStandstill({ strike, settings: SNAPSHOTS });
    expect(longest).toBeLessThan(back + LONGEST_HEAL_MS + LONGEST_STEP_MS);
  });

  it('after all workers were killed, from the snapshot, also under a second coordinator', () => {
    const back = RESTART_MS + LONGEST_LOAD_MS;
    const loss = { strike: killAllWorkers, earlier: killCoordinator, settings: SNAPSHOTS };
    expect(longestStandstill(loss)).toBeLessThan(back + LONGEST_HEAL_MS + LONGEST_STEP_MS);
  });
});

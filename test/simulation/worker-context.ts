/** What a model worker's parts share. */

import type { MemberName } from '../../coordinator/machine/effects.js';
import type { WorkerNews } from '../../coordinator/machine/events.js';
import type { Process } from './process.js';
import type { WorkerMemory } from './worker-state.js';
import type { World } from './world.js';

/** Bits that come out wrong, so many times from now on. */
export interface Corruption {
  leaf: number;
  reduced: number;
  parameters: number;
}

export interface WorkerContext {
  readonly world: World;
  readonly workerId: string;
  readonly process: Process;
  readonly memory: WorkerMemory;
  readonly corruption: Corruption;
  /** Orders of an older connection are void. */
  connection: number;
  /** Newest generation that a message named. */
  generation: number;
  members: readonly MemberName[];
  /** Of `members`. */
  membersGeneration: number;
  /** Work of the compute thread: one at a time. */
  isComputing: boolean;
  /** Updates at work: what is held may not be told meanwhile. */
  isApplying: number;
  /** Its parameters are known to be corrupted by the simulation. */
  isWrong: boolean;
  /** How long the work of one row takes, ms. */
  rowMs: number;
  /** Goes up whenever something is finished. */
  progress: number;
  /** @param score of a mismatched microbatch. */
  report(news: WorkerNews, score?: number): void;
  /** Goes on with what waits for the update. */
  afterApplied(): void;
}

/** Wrong once, if it is to be; not while it works alone, when nobody could tell. */
export function corrupted(context: WorkerContext, what: keyof Corruption, value: number): number {
  const { world } = context;
  const isAlone = (world.directory?.activeWorkers() ?? 0) < 2;
  if (context.corruption[what] === 0 || isAlone || world.flipsLeft === 0) return value;
  world.flipsLeft--;
  context.corruption[what]--;
  world.trace(() => `${context.workerId}: bits of its ${what} flip`);
  return value + 1;
}

/** What the parts of a simulated run share: the clock, the network, the right answers, and where wrongs are noted. */

import type { Directory } from './driver.js';
import type { Model } from './model.js';
import type { ModelWorker } from './model-worker.js';
import type { Network } from './network.js';
import { COORDINATOR } from './network.js';
import type { Scheduler } from './scheduler.js';
import type { UndisturbedStep } from './undisturbed.js';

export interface World {
  readonly model: Model;
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** With the learning rates that were asked for so far. */
  expected: readonly UndisturbedStep[];
  /** Steps whose commit record is on the disk. */
  readonly durableSteps: Set<number>;
  /** So many bits may still flip: a worker that never stops giving wrong ones rightly ends a run of two. */
  flipsLeft: number;
  /** By worker id. */
  readonly workers: Map<string, ModelWorker>;
  /** Undefined while the coordinator is down. */
  directory: Directory | undefined;
  /** Rules that were broken; a run without faults of ours has none. */
  readonly violations: string[];
  trace(line: () => string): void;
}

export function violate(world: World, message: string): void {
  world.trace(() => `VIOLATION ${message}`);
  world.violations.push(message);
}

/** The worker of a session, if a request from `fromId` reaches it now. */
export function reach(world: World, fromId: string, workerId: string): ModelWorker | undefined {
  const worker = world.workers.get(workerId);
  if (!worker?.isServing() || world.network.isCut(fromId, workerId)) return undefined;
  return worker;
}

export { COORDINATOR };

/** What goes wrong in a simulated run, and when: drawn from the seed. After a while all is mended, and the run must end. */

import type { Disk } from './disk.js';
import type { Coordinator } from './driver.js';
import type { Operator } from './operator.js';
import { createRandom, type Random } from './scheduler.js';
import { COORDINATOR, type World } from './world.js';

export interface Victims {
  readonly world: World;
  readonly disk: Disk;
  readonly operator: Operator;
  coordinator(): Coordinator | undefined;
  killCoordinator(): void;
  startCoordinator(): void;
}

/** silence: losses of every kind. corruption: wrong bits, by one worker of three or more, and a bad network. */
export type FaultKind = 'losses' | 'corruption' | 'none';

/** Longer than any deadline. */
const HUNG_ROW_MS = 30_000;

type Fault = (victims: Victims, random: Random) => void;

export function injectFaults(victims: Victims, seed: number, kind: FaultKind, untilMs: number): void {
  const { world } = victims;
  const random = createRandom(seed, 3);
  if (kind === 'none') return;
  const faults = Object.entries(kind === 'losses' ? LOSSES : CORRUPTIONS);
  const meanGapMs = random.pick([150, 400, 1000, 2500]);
  const strike = () => {
    if (world.scheduler.nowMs() >= untilMs) {
      mendAll(victims);
      return;
    }
    const [name, fault] = random.pick(faults);
    world.trace(() => `FAULT ${name}`);
    fault(victims, random);
    world.scheduler.after(random.between(1, 2 * meanGapMs), strike);
  };
  world.scheduler.after(random.between(1, 2 * meanGapMs), strike);
}

function mendAll(victims: Victims): void {
  const { world } = victims;
  world.trace(() => 'FAULTS END: everything is mended');
  world.network.mend();
  Object.assign(world.network.faults, { delayMs: 0, duplicate: 0, echo: 0, reorder: 0 });
  for (const worker of world.workers.values()) {
    worker.resume();
    worker.start();
  }
  victims.startCoordinator();
  victims.coordinator()?.command({ command: 'resume' });
}

/** A worker that comes back after a while, or at the end at the latest. */
const killWorker: Fault = ({ world }, random) => {
  const worker = random.pick([...world.workers.values()]);
  world.trace(() => `  ${worker.workerId} is killed`);
  worker.kill();
  world.scheduler.after(random.between(10, 6000), worker.start);
};

const stopWorker: Fault = ({ world }, random) => {
  const worker = random.pick([...world.workers.values()]);
  world.trace(() => `  ${worker.workerId} is stopped`);
  worker.stop();
  world.scheduler.after(random.between(10, 8000), worker.resume);
};

const slowWorker: Fault = ({ world }, random) => {
  const worker = random.pick([...world.workers.values()]);
  if (worker.isAlive()) worker.context().rowMs = random.pick([5, 20, 100, 400]);
};

/** Its process lives and beats, its compute thread does not get on for a long time. */
const hangCompute: Fault = ({ world }, random) => {
  const worker = random.pick([...world.workers.values()]);
  if (!worker.isAlive() || worker.context().rowMs === HUNG_ROW_MS) return;
  const context = worker.context();
  const { rowMs } = context;
  context.rowMs = HUNG_ROW_MS;
  world.scheduler.after(random.between(20, 2000), () => {
    context.rowMs = rowMs;
  });
};

const badNetwork: Fault = ({ world }, random) => {
  world.network.faults.delayMs = random.pick([0, 5, 50, 300]);
  world.network.faults.duplicate = random.pick([0, 0.1, 0.5]);
  world.network.faults.echo = random.pick([0, 0.1, 0.5]);
  world.network.faults.reorder = random.pick([0, 0, 0.05, 0.3]);
};

/** Nothing here costs a worker its place: the one with wrong bits must not be left alone. */
const slowNetwork: Fault = ({ world }, random) => {
  world.network.faults.delayMs = random.pick([0, 5, 50, 300]);
  world.network.faults.echo = random.pick([0, 0.1, 0.5]);
};

const cutOff: Fault = ({ world }, random) => {
  const worker = random.pick([...world.workers.values()]).workerId;
  const other = random.pick([COORDINATOR, ...world.workers.keys()]);
  if (other === worker) return;
  world.trace(() => `  ${worker} and ${other} are cut off from each other`);
  world.network.cut(worker, other);
  world.scheduler.after(random.between(10, 9000), world.network.mend);
};

const killCoordinator: Fault = ({ world, killCoordinator, startCoordinator }, random) => {
  killCoordinator();
  world.scheduler.after(random.between(10, 4000), startCoordinator);
};

const killEverything: Fault = (victims, random) => {
  const { world } = victims;
  victims.killCoordinator();
  for (const worker of world.workers.values()) {
    worker.kill();
    world.scheduler.after(random.between(10, 3000), worker.start);
  }
  if (random.chance(0.3)) victims.disk.flipJournal(random);
  if (random.chance(0.3)) victims.disk.flipSnapshot(random);
  world.scheduler.after(random.between(10, 3000), victims.startCoordinator);
};

const killAllWorkers: Fault = ({ world }, random) => {
  for (const worker of world.workers.values()) {
    worker.kill();
    world.scheduler.after(random.between(10, 3000), worker.start);
  }
};

const flipFiles: Fault = ({ disk }, random) => {
  if (random.chance(0.5)) disk.flipJournal(random);
  else disk.flipSnapshot(random);
};

const leave: Fault = ({ world }, random) => {
  const worker = random.pick([...world.workers.values()]);
  worker.leave();
};

const command: Fault = ({ world, coordinator }, random) => {
  coordinator()?.command({ command: random.pick(['snapshot', 'pause', 'evaluate'] as const) });
  world.scheduler.after(random.between(10, 2000), () => coordinator()?.command({ command: 'resume' }));
};

const changeLearningRate: Fault = ({ coordinator, operator }, random) => {
  const steered = coordinator();
  if (steered) operator.changeLearningRate(steered, random);
};

const changeWorkers: Fault = ({ coordinator, operator }, random) => {
  const steered = coordinator();
  if (steered) operator.changeWorkers(steered, random);
};

/** The first worker's alone: who is wrong must stay in the minority. */
const corrupt: Fault = ({ world }, random) => {
  const worker = world.workers.values().next().value!;
  if (worker.isAlive()) worker.context().corruption[random.pick(['leaf', 'reduced', 'parameters'] as const)] = 1;
};

const LOSSES = {
  killWorker,
  stopWorker,
  slowWorker,
  hangCompute,
  badNetwork,
  cutOff,
  killCoordinator,
  killEverything,
  killAllWorkers,
  flipFiles,
  leave,
  command,
  changeLearningRate,
  changeWorkers,
};
const CORRUPTIONS = { corrupt, moreCorrupt: corrupt, slowWorker, slowNetwork, command, changeLearningRate };

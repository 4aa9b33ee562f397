/** One simulated run, all of it drawn from one number: the model, the cluster, the settings, the faults, the timing. */
import type { Outcome, Settings } from '../../coordinator/machine/types.js';
import { createCommitChecks } from './commit-checks.js';
import { createDisk } from './disk.js';
import { type Coordinator, startCoordinator } from './driver.js';
import { type FaultKind, injectFaults, type Victims } from './faults.js';
import { createModel, type Model, parameterDigest } from './model.js';
import { createModelWorker } from './model-worker.js';
import { createNetwork } from './network.js';
import { createOperator } from './operator.js';
import { createRandom, createScheduler } from './scheduler.js';
import { undisturbedRun } from './undisturbed.js';
import { violate, type World } from './world.js';

/** Simulated time after which a run without an end is stuck. Faults are over long before. */
const PATIENCE_MS = 900_000;
/** Actions after which a run turns in circles. */
const MOST_ACTIONS = 400_000;

export interface SimulationOptions {
  /** Every line of what happens. */
  readonly onTrace?: ((line: string) => void) | undefined;
  readonly faults?: FaultKind | undefined;
  /** Instead of what the seed draws. */
  readonly model?: Model | undefined;
  /** Of each worker, how long a row takes, ms. */
  readonly rowMs?: readonly number[] | undefined;
  readonly settings?: Partial<Settings> | undefined;
  /** Faults of one's own, beside those that the seed draws. */
  readonly haunt?: ((victims: Victims) => void) | undefined;
}

export interface SimulatedRun {
  readonly violations: readonly string[];
  readonly outcome: Outcome | undefined;
  readonly simulatedMs: number;
  readonly actions: number;
}

export function simulate(seed: number, options: SimulationOptions = {}): SimulatedRun {
  const random = createRandom(seed, 4);
  const faults = options.faults ?? random.pick(['losses', 'losses', 'losses', 'losses', 'corruption'] as const);
  const world = createWorld(seed, options);
  const drawn = Array.from({ length: random.between(faults === 'corruption' ? 2 : 1, 4) }, () =>
    random.pick([5, 10, 20]),
  );
  const speeds = options.rowMs ?? drawn;
  const run = createRun(world, { ...settingsOf(seed, world, speeds.length), ...options.settings });
  for (const [i, rowMs] of speeds.entries()) {
    const workerId = `w${i + 1}`;
    const worker = createModelWorker(world, workerId, rowMs);
    world.workers.set(workerId, worker);
    world.scheduler.after(random.between(0, 300), worker.start);
  }
  run.startCoordinator();
  injectFaults(run, seed, faults, random.pick([2000, 8000, 20_000]));
  options.haunt?.(run);
  let actions = 0;
  while (!run.outcome() && world.scheduler.nowMs() < PATIENCE_MS && actions < MOST_ACTIONS && world.scheduler.next()) {
    actions++;
  }
  const outcome = run.outcome();
  if (!outcome) violate(world, `the run has not ended after ${world.scheduler.nowMs()} simulated ms`);
  return { violations: world.violations, outcome, simulatedMs: world.scheduler.nowMs(), actions };
}

function createWorld(seed: number, { onTrace, model = createModel(seed) }: SimulationOptions): World {
  const scheduler = createScheduler(seed);
  return {
    model,
    scheduler,
    network: createNetwork(scheduler),
    expected: undisturbedRun(model),
    durableSteps: new Set(),
    flipsLeft: 3,
    workers: new Map(),
    directory: undefined,
    violations: [],
    trace(line) {
      if (onTrace) onTrace(`${String(scheduler.nowMs()).padStart(7)} ${line()}`);
    },
  };
}

function settingsOf(seed: number, { model }: World, workers: number): Settings {
  const random = createRandom(seed, 5);
  return {
    totalSteps: model.totalSteps,
    workers: { min: random.between(1, Math.max(1, workers - 1)), max: workers, waitMs: 600_000 },
    graceMs: 5000,
    settleMs: 1500,
    silenceMs: 2500,
    phaseFloorMs: 10_000,
    auditEverySteps: 1,
    setAsideLimit: 10,
    snapshots: { everySteps: random.pick([undefined, 1, 2, 4]), everyMs: random.pick([undefined, 500, 3000]) },
  };
}

function createRun(world: World, settings: Settings) {
  const disk = createDisk();
  const checks = createCommitChecks(world);
  const operator = createOperator(world, disk);
  let coordinator: Coordinator | undefined;
  let outcome: Outcome | undefined;
  const onEnded = (ended: Outcome, result: string | undefined) => {
    outcome = ended;
    const expected = world.expected.at(-1)!.parameterDigest;
    if (ended.kind !== 'finished') violate(world, `the run ended with ${JSON.stringify(ended)}`);
    else if (result !== expected) violate(world, `the result is ${result} instead of ${expected}`);
    if (ended.kind === 'finished') checks.finish(coordinator?.state().setAside ?? []);
    for (const worker of world.workers.values()) {
      const { parameters } = worker.isAlive() ? worker.context().memory : { parameters: undefined };
      if (parameters?.step === settings.totalSteps && parameterDigest(parameters) !== expected) {
        if (!worker.context().isWrong) violate(world, `${worker.workerId} ends with other parameters`);
      }
    }
  };
  return {
    world,
    disk,
    operator,
    outcome: () => outcome,
    coordinator: () => coordinator,
    killCoordinator() {
      if (!coordinator) return;
      world.trace(() => '  the coordinator is killed');
      coordinator.kill();
      coordinator = undefined;
      disk.crash(world.scheduler.random);
    },
    startCoordinator() {
      if (coordinator || outcome) return;
      world.trace(() => '  the coordinator starts');
      coordinator = startCoordinator({ world, disk, settings, checks, onEnded });
      operator.started(coordinator, disk.takeDamage());
    },
  };
}

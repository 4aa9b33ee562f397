/**
 * The person who gives commands in a simulated run. What was acknowledged is expected to hold through everything, and so
 * the right answers of the run change with it; what was not is looked up after a crash. A damaged journal is the one
 * thing that may forget: then it is all said again.
 */
import type { LearningRateChange } from '../../coordinator/machine/command.js';
import { firstChangeable, peakOf, withLearningRate } from '../../coordinator/machine/learning-rates.js';
import type { Disk } from './disk.js';
import type { Coordinator } from './driver.js';
import type { Random } from './scheduler.js';
import { undisturbedRun } from './undisturbed.js';
import { violate, type World } from './world.js';

export interface Operator {
  /** A coordinator has started. @param isDamaged its journal lost what had been durable. */
  started(coordinator: Coordinator, isDamaged: boolean): void;
  changeLearningRate(coordinator: Coordinator, random: Random): void;
  changeWorkers(coordinator: Coordinator, random: Random): void;
}

interface Wish extends LearningRateChange {
  isAcknowledged: boolean;
}

export function createOperator(world: World, disk: Disk): Operator {
  const { totalSteps } = world.model;
  const steps = Array.from({ length: totalSteps }, (_, i) => i + 1);
  let wishes: Wish[] = [];
  let range: string | undefined;
  let isForgiven = false;

  const expect = () => {
    world.expected = undisturbedRun(world.model, wishes);
  };
  const give = (coordinator: Coordinator, wish: Wish) => {
    const { fromStep, learningRate } = wish;
    wish.isAcknowledged = false;
    coordinator.command({ command: 'learningRate', fromStep, learningRate }, () => {
      wish.isAcknowledged = true;
    });
  };
  const hasDecided = ({ fromStep }: Wish) => [...world.durableSteps].some((step) => step >= fromStep);
  const wanted = (step: number) => wishes.findLast(({ fromStep }) => fromStep <= step)?.learningRate;
  /** What is wanted of the steps that the journal does not know, not each command: one of long ago would undo what came after. */
  const sayAgain = (coordinator: Coordinator) => {
    const decided = [...world.durableSteps].map((step) => [step, wanted(step)] as const);
    const said = stillToSay(wishes, firstChangeable(coordinator.state()));
    for (const wish of said) give(coordinator, wish);
    wishes = coordinator
      .state()
      .learningRates.map((change) => said.find((wish) => isSame(wish, change)) ?? { ...change, isAcknowledged: false });
    expect();
    const changed = decided.find(([step, peak]) => wanted(step) !== peak);
    if (changed) violate(world, `the learning rate of step ${changed[0]}, which was made, cannot be said again`);
  };
  return {
    started(coordinator, isDamaged) {
      const known = coordinator.state().learningRates;
      const isKnown = (wish: Wish) => known.some((change) => isSame(wish, change));
      wishes = wishes.filter((wish) => wish.isAcknowledged || hasDecided(wish) || isKnown(wish));
      expect();
      if (isDamaged) range = undefined;
      const forgotten = steps.find((step) => peakOf(known, step) !== wanted(step));
      // It is not sure that all is said again before the next crash.
      isForgiven = forgotten !== undefined && (isForgiven || isDamaged);
      if (isForgiven) sayAgain(coordinator);
      else if (forgotten !== undefined) violate(world, `the learning rate of step ${forgotten} was forgotten`);
      const { min, max } = coordinator.state().settings.workers;
      if (range !== undefined && range !== `${min} to ${max}`) violate(world, `workers are ${min} to ${max} again`);
    },
    changeLearningRate(coordinator, random) {
      const state = coordinator.state();
      const isOpen = state.phase.name !== 'saving' && state.phase.name !== 'ended';
      // A journal that was damaged does not know all steps that were made.
      const made = disk.isSound() ? 0 : Math.max(0, ...world.durableSteps);
      const fromStep = Math.max(firstChangeable(state), made + 1) + random.between(0, 2);
      if (!isOpen || fromStep > totalSteps) return;
      const wish = { fromStep, learningRate: random.between(2, 9), isAcknowledged: false };
      wishes.push(wish);
      expect();
      give(coordinator, wish);
    },
    changeWorkers(coordinator, random) {
      const min = random.between(1, Math.max(1, world.workers.size - 1));
      const max = random.between(min, world.workers.size);
      range = undefined;
      coordinator.command({ command: 'workers', min, max }, () => {
        range = `${min} to ${max}`;
      });
    },
  };
}

/** What the wishes come to from a step on. */
function stillToSay(wishes: readonly LearningRateChange[], first: number): Wish[] {
  const changes = wishes.reduce<LearningRateChange[]>(withLearningRate, []);
  const later = changes.filter(({ fromStep }) => fromStep > first);
  const learningRate = peakOf(changes, first);
  const now = learningRate === undefined ? [] : [{ fromStep: first, learningRate }];
  return [...now, ...later].map((change) => ({ ...change, isAcknowledged: false }));
}

function isSame(a: LearningRateChange, b: LearningRateChange): boolean {
  return a.fromStep === b.fromStep && a.learningRate === b.learningRate;
}

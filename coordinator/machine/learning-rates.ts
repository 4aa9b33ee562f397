/**
 * Learning rates that were changed by command. Each step's is decided before the step is planned, and journaled before
 * the step can be: whoever makes it again, after whatever was lost, makes it with the same one.
 */
import type { LearningRateChange } from './command.js';
import type { State } from './types.js';

/** The newest command counts for all steps from its first one on, whatever was wanted of them before. */
export function withLearningRate(
  changes: readonly LearningRateChange[],
  { fromStep, learningRate }: LearningRateChange,
): LearningRateChange[] {
  return [...changes.filter((change) => change.fromStep < fromStep), { fromStep, learningRate }];
}

/** @returns the peak in a step; undefined where it is the configuration's. */
export function peakOf(changes: readonly LearningRateChange[], step: number): number | undefined {
  return changes.findLast(({ fromStep }) => fromStep <= step)?.learningRate;
}

/** Changes that steps up to this one were made with. */
export function changesUpTo(changes: readonly LearningRateChange[], step: number): LearningRateChange[] {
  return changes.filter(({ fromStep }) => fromStep <= step);
}

/** @param kept in a snapshot of `step`, where the journal does not reach so far. */
export function withKept(
  changes: readonly LearningRateChange[],
  kept: readonly LearningRateChange[],
  step: number,
): LearningRateChange[] {
  return [...changesUpTo(kept, step), ...changes.filter(({ fromStep }) => fromStep > step)];
}

/** The first step whose learning rate is not decided yet: it is not planned, and was not made before the run went back. */
export function firstChangeable({ committed, work, redo }: State): number {
  return Math.max(committed.step, work?.step ?? 0, redo.at(-1)?.step ?? 0) + 1;
}

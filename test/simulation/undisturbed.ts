/** The run as it must come out: one process, no faults, no coordinator; written apart from the code under test. */
import type { LearningRateChange } from '../../coordinator/machine/command.js';
import {
  applyUpdate,
  badPairsOf,
  dataOf,
  hex,
  initialParameters,
  leafGradient,
  learningRateOf,
  type Model,
  normOf,
  type Parameters,
  parameterDigest,
  reducedGradient,
  referencePointOf,
  scoreOf,
  skipUpdate,
} from './model.js';

export interface UndisturbedStep {
  readonly rows: readonly number[];
  readonly attempt: number;
  readonly z0: number;
  readonly gradientDigest: string;
  readonly norm: number | undefined;
  readonly parameterDigest: string;
}

/**
 * @param wanted learning rates, in the order in which they were: the newest that begins before a step counts in it.
 * @returns steps by number; index 0 is the state before the first.
 */
export function undisturbedRun(model: Model, wanted: readonly LearningRateChange[] = []): UndisturbedStep[] {
  let parameters = initialParameters(model);
  const start = { rows: [], attempt: 0, z0: 0, gradientDigest: '', norm: undefined };
  const steps: UndisturbedStep[] = [{ ...start, parameterDigest: parameterDigest(parameters) }];
  const setAside: number[] = [];
  for (let step = 1; step <= model.totalSteps; step++) {
    setAsideBadRows(model, step, setAside);
    const { rows, mismatched, leaves } = dataOf(model, step, setAside);
    const z0 = referencePointOf(mismatched.map((part) => scoreOf(parameters, part)));
    const done = { rows, attempt: setAside.length, z0 };
    if (leaves.length === 0) {
      parameters = skipUpdate(parameters);
      steps.push({ ...done, gradientDigest: '', norm: undefined, parameterDigest: parameterDigest(parameters) });
      continue;
    }
    const { gradient, norm } = reduce(model, parameters, leaves, rows.length, z0);
    const peak = wanted.findLast(({ fromStep }) => fromStep <= step)?.learningRate;
    const learningRate = learningRateOf(step, peak);
    parameters = norm === undefined ? skipUpdate(parameters) : applyUpdate(parameters, gradient, learningRate);
    steps.push({ ...done, gradientDigest: hex(gradient), norm, parameterDigest: parameterDigest(parameters) });
  }
  return steps;
}

/** Pairs are scored before gradients, and all again after every row that is set aside. */
function setAsideBadRows(model: Model, step: number, setAside: number[]): void {
  for (;;) {
    const { rows } = dataOf(model, step, setAside);
    const badPairs = badPairsOf(model, rows);
    const bad = badPairs.length > 0 ? badPairs : rows.filter((row) => model.badRows.includes(row));
    if (bad.length === 0) return;
    setAside.push(...bad);
  }
}

function reduce(model: Model, parameters: Parameters, leaves: StepLeaves, exampleCount: number, z0: number) {
  const gradients = leaves.map((rows) => leafGradient(parameters, z0, rows));
  const gradient = reducedGradient(leaves.length, exampleCount, ({ level, index }) =>
    level === 0 ? gradients[index] : undefined,
  );
  return { gradient, norm: normOf(model, parameters.step + 1, gradient) };
}

type StepLeaves = readonly (readonly number[])[];

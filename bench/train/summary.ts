/** From measured runs to the figures of the report. */
import {
  METHODS,
  type Measurement,
  type Method,
  median,
  TRAINERS,
  type Trainer,
  WARM_UP_STEPS,
} from './measurement.js';
import { flopOfSteps, tokensOfSteps, type Workload } from './workload.js';

export interface Summary {
  readonly method: Method;
  readonly trainer: Trainer;
  /** Medians over the steps after warm-up, of all runs. */
  readonly stepSeconds: number;
  readonly examplesPerSecond: number;
  readonly tokensPerSecond: number;
  /** How many times as fast as TRL's default: the median over steps with the same rows; undefined without it. */
  readonly timesTrl: number | undefined;
  /** By what the step's arithmetic needs, not by what was done. */
  readonly gflops: number;
  /** The highest of the runs. */
  readonly peakBytes: number | undefined;
  readonly phaseSeconds: Readonly<Record<string, number>>;
  readonly lastLoss: number;
  /** The highest of the runs; Prospect's alone. */
  readonly mainThreadLagMs: number | undefined;
  readonly load: number;
}

/** In the order of the report: by method, then as TRAINERS lists them. */
export function summarise(measurements: readonly Measurement[], workload: Workload): Summary[] {
  return METHODS.flatMap((method) => {
    const ofMethod = measurements.filter((one) => one.method === method);
    const trl = stepMedians(ofMethod.filter(({ trainer }) => trainer === 'trl'));
    return (Object.keys(TRAINERS) as Trainer[])
      .map((trainer) => ofMethod.filter((one) => one.trainer === trainer))
      .filter((runs) => runs.length > 0)
      .map((runs) => summaryOf(runs, workload, trl));
  });
}

function summaryOf(runs: readonly Measurement[], workload: Workload, trl: readonly number[]): Summary {
  const { method, trainer, phaseSeconds, losses } = runs.at(-1)!;
  const known = trainer === 'prospect-known' || trainer === 'trl-precomputed';
  const seconds = stepMedians(runs);
  const timed = (values: readonly number[]) => median(values.slice(WARM_UP_STEPS));
  const rates = (amounts: readonly number[]) => timed(seconds.map((time, step) => amounts[step]! / time));
  return {
    method,
    trainer,
    stepSeconds: timed(seconds),
    examplesPerSecond: workload.globalBatch / timed(seconds),
    tokensPerSecond: rates(tokensOfSteps(workload)),
    timesTrl: trl.length === 0 ? undefined : rates(trl),
    gflops: rates(flopOfSteps(workload, method, known)) / 1e9,
    peakBytes: highest(runs.map(({ peakBytes }) => peakBytes)),
    phaseSeconds,
    lastLoss: losses.at(-1) ?? Number.NaN,
    mainThreadLagMs: highest(runs.map(({ mainThreadLagMs }) => mainThreadLagMs)),
    load: Math.max(...runs.map(({ load }) => load)),
  };
}

/** Of each step, the median of the runs. */
function stepMedians(runs: readonly Measurement[]): number[] {
  return (runs[0]?.stepSeconds ?? []).map((_, step) => median(runs.map(({ stepSeconds }) => stepSeconds[step]!)));
}

function highest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/**
 * How a step's time grows: one thing changed at a time, the rest as in the short benchmark; workers with a model that is
 * worth sharing. Prospect alone, LoRA.
 */
import { type LlamaSizes, llamaTensors } from '../../examples/quickstart/initial-weights.js';
import { lengthOf } from './flops.js';
import { makeEqualRows } from './make-rows.js';
import { median, WARM_UP_STEPS } from './measurement.js';
import { type ProspectStep, trainTimes } from './prospect.js';
import { GLOBAL_BATCH, THREADS } from './settings.js';
import { SHAPES } from './shapes.js';
import { flopOfSteps, makeWorkload, realisticRows, tokensOfSteps, type Workload } from './workload.js';

/** What is changed, as the report's tables and axes name it. */
export const SERIES = {
  length: 'tokens a row',
  rows: 'rows a step',
  parameters: 'million parameters',
  workers: 'workers × threads',
} as const;
export type Series = keyof typeof SERIES;

interface ScalingCase {
  readonly series: Series;
  readonly workers: number;
  readonly threads: number;
  /** @param steps for so many. */
  make(steps: number): Promise<Workload>;
}

export interface ScalingResult {
  readonly series: Series;
  /** Place on the series' axis. */
  readonly at: string;
  /** Median of the steps after warm-up, reference log-probs known. */
  readonly stepSeconds: number;
  readonly tokensPerSecond: number;
  /** Share of a step that is neither scores, gradients nor the update of the busiest worker. */
  readonly orchestration: number;
  /** How long messages waited for a worker's main thread, 99th percentile, the worst worker's. */
  readonly mainThreadLagMs: number;
  /** By what the steps' arithmetic needs. */
  readonly gflops: number;
}

/** Words of prompt and completion; the tokenizer makes about 1.3 tokens of one. */
const WORDS = [
  [30, 17],
  [60, 36],
  [120, 74],
  [240, 148],
] as const;
const MIDDLE = WORDS[1];
const BATCHES = [4, 8, 16, 32];
const LAYERS = [2, 4, 8, 16];
const SMALL = SHAPES['8m'];
const ONE_WORKER = { workers: 1, threads: THREADS };

export const CASES: readonly ScalingCase[] = [
  ...WORDS.map(([prompt, completion]) => ({
    ...ONE_WORKER,
    series: 'length' as const,
    make: (steps: number) => makeWorkload('8m', SMALL, makeEqualRows(steps * GLOBAL_BATCH, prompt, completion)),
  })),
  ...BATCHES.map((batch) => ({
    ...ONE_WORKER,
    series: 'rows' as const,
    make: (steps: number) => makeWorkload('8m', SMALL, makeEqualRows(steps * batch, ...MIDDLE), batch),
  })),
  ...LAYERS.map((layers) => ({ ...ONE_WORKER, series: 'parameters' as const, make: withLayers(layers) })),
  ...[ONE_WORKER, { workers: THREADS, threads: 1 }].map((layout) => ({
    ...layout,
    series: 'workers' as const,
    make: (steps: number) => makeWorkload('135m', SHAPES['135m'], realisticRows(steps)),
  })),
];

/** @throws with what the program said, when it fails. */
export async function measureCase(one: ScalingCase, steps: number): Promise<ScalingResult> {
  const workload = await one.make(steps);
  const { workers, threads } = one;
  const [, known] = await trainTimes({ ...workload, method: 'lora', epochs: 1, workers, threads }, 2);
  const seconds = known!.steps.map((step) => step.seconds);
  const timed = (values: readonly number[]) => median(values.slice(WARM_UP_STEPS));
  const rates = (amounts: readonly number[]) => timed(seconds.map((time, step) => amounts[step]! / time));
  return {
    series: one.series,
    at: placeOf(one, workload),
    stepSeconds: timed(seconds),
    tokensPerSecond: rates(tokensOfSteps(workload)),
    orchestration: timed(known!.steps.map(orchestrationOf)),
    mainThreadLagMs: known!.mainThreadLagMs,
    gflops: rates(flopOfSteps(workload, 'lora', true)) / 1e9,
  };
}

function orchestrationOf({ seconds, computingSeconds, phases }: ProspectStep): number {
  return 1 - (computingSeconds + (phases.update ?? 0)) / seconds;
}

function withLayers(layers: number): (steps: number) => Promise<Workload> {
  const name = layers === SMALL.num_hidden_layers ? '8m' : `8m-${layers}-layers`;
  return (steps) => makeWorkload(name, { ...SMALL, num_hidden_layers: layers }, realisticRows(steps));
}

function placeOf({ series, workers, threads }: ScalingCase, { lengths, globalBatch, sizes }: Workload): string {
  if (series === 'workers') return `135M: ${workers} × ${threads}`;
  if (series === 'rows') return String(globalBatch);
  if (series === 'parameters') return (parameterCount(sizes) / 1e6).toFixed(1);
  return String(Math.round(lengths.reduce((sum, row) => sum + lengthOf(row), 0) / lengths.length));
}

function parameterCount(sizes: LlamaSizes): number {
  return llamaTensors(sizes).reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

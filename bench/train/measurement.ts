/** What is measured of one trainer, and who the trainers are. */

export type Method = 'lora' | 'full';

export const METHODS: readonly Method[] = ['lora', 'full'];

/** Each as the report names it. */
export const TRAINERS = {
  prospect: 'Prospect, reference computed',
  'prospect-known': 'Prospect, reference known',
  trl: 'TRL, default',
  'trl-plain': 'TRL, no checkpointing',
  'trl-precomputed': 'TRL, no checkpointing, reference known',
} as const;
export type Trainer = keyof typeof TRAINERS;

/** One run: one process, or one process tree. */
export interface Measurement {
  /** When the script that made it was started; what one script measured belongs together. */
  readonly session: string;
  readonly trainer: Trainer;
  readonly method: Method;
  readonly threads: number;
  /** Of every step, warm-up included; the same place has the same rows for every trainer. */
  readonly stepSeconds: readonly number[];
  readonly losses: readonly number[];
  /** For reference log-probs computed before the first step, of all steps together. */
  readonly aheadSeconds: number;
  /** Undefined where it can't be measured. */
  readonly peakBytes: number | undefined;
  /** Medians of the steps after warm-up; Prospect's alone. */
  readonly phaseSeconds: Readonly<Record<string, number>>;
  /** Of messages for the worker's main thread, 99th percentile; Prospect's alone. */
  readonly mainThreadLagMs?: number;
  /** Of the last minute, before the run. */
  readonly load: number;
}

/** Steps before this one are warm-up: memory is touched first, kernels are chosen. */
export const WARM_UP_STEPS = 1;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

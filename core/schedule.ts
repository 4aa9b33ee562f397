/**
 * The learning rate of each step: a linear warm-up from 0, then constant, linear to 0 or a cosine half wave to 0, as
 * transformers' get_*_schedule_with_warmup define them. Steps count from 0.
 */

/** Peak learning rates where the configuration names none: the KTO paper's for full fine-tuning, the usual one for LoRA. */
const DEFAULT_PEAK = { lora: 1e-4, full: 5e-6 } as const;

export interface ScheduleSettings {
  /** Peak, reached at the end of the warm-up. */
  readonly learningRate: number;
  readonly schedule: 'constant' | 'linear' | 'cosine';
  /** Share of the steps that warm up, unless warmupSteps says how many. */
  readonly warmupRatio: number;
  readonly warmupSteps?: number | undefined;
}

/** The peak learning rate of a run. */
export function peakLearningRate(config: {
  readonly method: 'lora' | 'full';
  readonly training: { readonly learningRate?: number | undefined };
}): number {
  return config.training.learningRate ?? DEFAULT_PEAK[config.method];
}

export function warmupStepsOf(totalSteps: number, settings: ScheduleSettings): number {
  return settings.warmupSteps ?? Math.ceil(settings.warmupRatio * totalSteps);
}

/** @param stepIndex 0 for the first step, whose learning rate is 0 when there is a warm-up */
export function learningRateAt(stepIndex: number, totalSteps: number, settings: ScheduleSettings): number {
  const warmup = warmupStepsOf(totalSteps, settings);
  if (stepIndex < warmup) return settings.learningRate * (stepIndex / warmup);
  return settings.learningRate * decayAt(stepIndex, warmup, totalSteps, settings.schedule);
}

function decayAt(step: number, warmup: number, total: number, schedule: ScheduleSettings['schedule']): number {
  const length = Math.max(1, total - warmup);
  if (schedule === 'constant') return 1;
  if (schedule === 'linear') return Math.max(0, (total - step) / length);
  return Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / length)));
}

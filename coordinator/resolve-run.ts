/** The configuration with what the data decides filled in: workers and metrics get numbers where a person wrote `auto`. */
import { resolveWeights } from '../core/class-weights.js';
import type { RunConfig } from '../core/config/schema.js';
import type { LossSettings } from '../core/kto.js';

export type ResolvedRun = RunConfig & { readonly loss: LossSettings };

export function resolveRun(
  config: RunConfig,
  counts: { readonly desirableCount: number; readonly undesirableCount: number },
): ResolvedRun {
  const { desirableWeight, undesirableWeight } = resolveWeights(
    config.loss,
    counts.desirableCount,
    counts.undesirableCount,
  );
  return { ...config, training: trainingOf(config), loss: { ...config.loss, desirableWeight, undesirableWeight } };
}

/** Without a last step the learning rate cannot fall towards it, nor rise in a share of the steps. */
function trainingOf({ data, training }: RunConfig): RunConfig['training'] {
  const isEndless = data.source !== 'files' && training.maxSteps === undefined;
  return isEndless ? { ...training, schedule: 'constant', warmupRatio: 0 } : training;
}

/** What training changes, parameters and moments, beside the model that it changes: loaded, copied out, replaced. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../core/config/schema.js';
import type { Fits } from '../kto/in-parts.js';
import { type LeafPasses, leafPasses } from '../kto/leaf-passes.js';
import { buildDecoder, weightsOf } from '../model/build-decoder.js';
import type { Decoder } from '../model/decoder.js';
import { attachAdapters } from '../model/lora.js';
import { makeTrainable, type TrainableParameters } from '../model/weights.js';
import { type AdamState, adamState } from '../optimizer/adamw.js';
import type { StateArrays } from './compute.js';
import { fitsBudget, memoryBudgetBytes } from './memory-budget.js';

export interface Training {
  readonly config: RunConfig;
  readonly decoder: Decoder;
  readonly parameters: TrainableParameters;
  readonly adam: AdamState;
  /** Forward passes of the parameters as they are. */
  readonly passes: LeafPasses;
  readonly fits: Fits;
  /** The parameters are not those of the start any more. */
  updated: boolean;
}

export async function loadTraining(config: RunConfig): Promise<Training> {
  const decoder = await buildDecoder(config.model);
  const { method, lora, training } = config;
  const weights = method === 'lora' ? attachAdapters(decoder, lora, training.seed) : weightsOf(decoder);
  const parameters = makeTrainable(weights);
  const passes = leafPasses(memoryBudgetBytes(config.memoryBudget));
  const fits = fitsBudget(decoder.spec, config.memoryBudget);
  return { config, decoder, parameters, adam: adamState(parameters.layout.length), passes, fits, updated: false };
}

export function exportState({ parameters, adam }: Training, into: StateArrays): void {
  new Float32Array(into.parameters).set(parameters.values);
  if (into.firstMoment.byteLength === 0) return;
  new Float32Array(into.firstMoment).set(adam.first);
  new Float32Array(into.secondMoment).set(adam.second);
}

export function importState(training: Training, from: StateArrays): void {
  const { parameters, adam } = training;
  parameters.values.set(new Float32Array(from.parameters));
  adam.first.set(new Float32Array(from.firstMoment));
  adam.second.set(new Float32Array(from.secondMoment));
  training.passes.clear();
  parameters.putBack();
  training.updated = true;
}

/** Reads the model again: that is seldom needed, and a copy of the start would cost memory all the time. */
export async function resetState(training: Training): Promise<void> {
  const { config, parameters, adam } = training;
  // Everything that is loaded within goes at the end; the compute thread does nothing else meanwhile.
  tf.engine().startScope();
  try {
    const fresh = await loadTraining(config);
    parameters.values.set(fresh.parameters.values);
  } finally {
    tf.engine().endScope();
  }
  adam.first.fill(0);
  adam.second.fill(0);
  training.passes.clear();
  parameters.putBack();
  training.updated = false;
}

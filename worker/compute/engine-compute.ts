/** The Compute of a real worker: a model in the tensor engine, gradients and optimizer state in flat arrays. */
import { createHash } from 'node:crypto';
import type { RunConfig } from '../../core/config/schema.js';
import { ProspectError } from '../../core/errors.js';
import { loadEngine } from '../engine/load.js';
import { leafGradient } from '../kto/gradient.js';
import { scoreSequences } from '../kto/score.js';
import { buildDecoder, weightsOf } from '../model/build-decoder.js';
import type { Decoder } from '../model/decoder.js';
import { attachAdapters } from '../model/lora.js';
import { makeTrainable, type TrainableParameters } from '../model/weights.js';
import { type AdamState, adamState, adamUpdate } from '../optimizer/adamw.js';
import type { AddRequest, Compute, DivideRequest, Loaded, UpdateRequest } from './compute.js';

interface Training {
  readonly config: RunConfig;
  readonly decoder: Decoder;
  readonly parameters: TrainableParameters;
  readonly adam: AdamState;
  updated: boolean;
}

export function engineCompute(): Compute {
  let training: Training | undefined;
  const loaded = (): Training => {
    if (training === undefined)
      throw new ProspectError('PROTOCOL', 'A worker was given work before its model was loaded.');
    return training;
  };
  return {
    async load(config) {
      const engine = await loadEngine(config.engine, { threads: config.threads });
      training = await loadTraining(config);
      const { layout, shared, values } = training.parameters;
      return {
        engine: engine.fingerprint,
        engineReason: engine.reason,
        parameters: layout.slots,
        values: shared,
        digest: digestOf(values),
      } satisfies Loaded;
    },
    async score(request) {
      const { config, decoder, updated } = loaded();
      if (request.reference && updated && config.method === 'full') {
        throw new ProspectError(
          'PROTOCOL',
          'Reference log-probs of full fine-tuning must be computed before the first update.',
        );
      }
      return scoreSequences(decoder, request);
    },
    gradient: async (request) => leafGradient(loaded().decoder, request),
    add: async (request) => addInPlace(request),
    divide: async (request) => divideInPlace(request),
    measure: async (shared) => {
      const values = new Float32Array(shared);
      return { digest: digestOf(values), norm: normOf(values) };
    },
    update: async (request) => update(loaded(), request),
    close: async () => {},
  };
}

async function loadTraining(config: RunConfig): Promise<Training> {
  const decoder = await buildDecoder(config.model);
  const { method, lora, training } = config;
  const weights = method === 'lora' ? attachAdapters(decoder, lora, training.seed) : weightsOf(decoder);
  const parameters = makeTrainable(weights);
  return { config, decoder, parameters, adam: adamState(parameters.layout.length), updated: false };
}

function addInPlace({ target, targetOffset, source, sourceOffset, length }: AddRequest): void {
  const sums = new Float32Array(target);
  const values = new Float32Array(source);
  for (let i = 0; i < length; i++) sums[targetOffset + i]! += values[sourceOffset + i]!;
}

function divideInPlace({ target, offset, length, divisor }: DivideRequest): void {
  const values = new Float32Array(target);
  for (let i = offset; i < offset + length; i++) values[i]! /= divisor;
}

function update(training: Training, request: UpdateRequest): void {
  const { adamBeta1, adamBeta2, adamEpsilon, weightDecay, clipNorm } = training.config.training;
  const { layout, values, putBack } = training.parameters;
  const settings = { beta1: adamBeta1, beta2: adamBeta2, epsilon: adamEpsilon, weightDecay, clipNorm };
  adamUpdate(layout, values, training.adam, { ...request, gradient: new Float32Array(request.gradient) }, settings);
  putBack();
  training.updated = true;
}

function digestOf(values: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}

/** Euclidean norm, summed in order in float64. */
function normOf(values: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return Math.sqrt(squares);
}

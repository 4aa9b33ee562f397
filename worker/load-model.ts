/** Loading what the run's configuration names, or finding that it is loaded already. */
import { randomBytes } from 'node:crypto';
import { type RunConfig, RunConfigSchema } from '../core/config/schema.js';
import { workerLimits } from '../core/config/worker-limits.js';
import { ProspectError } from '../core/errors.js';
import type { LossSettings } from '../core/kto.js';
import type { Welcome } from '../proto/gen/prospect/v1/coordinator.js';
import type { Order } from './agenda.js';
import { createGradientStore } from './allreduce/gradient-store.js';
import { faults } from './faults.js';
import { heldState } from './held.js';
import { digestModelFiles } from './model-digest.js';
import { createDonor } from './state/donor.js';
import { createParameters } from './state/parameters.js';
import { createGradientExchange } from './tensors/tensors.js';
import type { WorkerOptions } from './worker.js';
import type { LoadedModel, WorkerState } from './worker-state.js';

/** Random, exact as a double: 53 bits. */
export function newIncarnation(): number {
  return Number(randomBytes(8).readBigUInt64LE() >> 11n);
}

/** Answers Welcome with Ready. A worker that was there before has everything but what the run has done meanwhile. */
export async function getReady({ message, reply }: Order<Welcome>, worker: WorkerState, options: WorkerOptions) {
  const { runId, configJson } = message;
  if (worker.loaded?.runId !== runId || worker.loaded.configJson !== configJson) {
    faults.strike('loading', 0);
    await worker.compute?.close();
    worker.loaded = undefined;
    worker.loaded = await load(message, worker, options);
  }
  const { description } = worker.loaded;
  reply({ $case: 'ready', value: { ...description, held: heldState(worker.loaded) } });
}

async function load({ runId, configJson }: Welcome, worker: WorkerState, options: WorkerOptions): Promise<LoadedModel> {
  const config: RunConfig = { ...RunConfigSchema.parse(JSON.parse(configJson)), ...options.override };
  const loss = resolvedLoss(config.loss);
  const compute = options.startCompute(config);
  worker.compute = compute;
  const modelDigest = digestModelFiles(config.model);
  // The engine's error about a model is the better one.
  modelDigest.catch(() => undefined);
  const { engine, engineReason, parameters, values, digest } = await compute.load(config);
  const length = values.byteLength / 4;
  options.log.info({ runId, engine: engine.engine, because: engineReason, parameters: length }, 'model loaded');
  const state = createParameters(length, { step: 0, parameterDigest: digest, updates: 0 });
  return {
    runId,
    configJson,
    waitMs: workerLimits(config).waitMs,
    loss,
    compute,
    exchange: createGradientExchange(createGradientStore(length, compute, config.training.wire), worker.tensors),
    description: {
      engine,
      parameterDigest: digest,
      modelDigest: await modelDigest,
      parameters: parameters.map(({ name, shape, decayed }) => ({ name, shape: [...shape], decayed })),
    },
    parameters: state,
    donor: createDonor(state, compute),
    reduced: undefined,
    work: undefined,
  };
}

/** The coordinator knows the class counts, so it resolves `auto` before it welcomes anybody. */
function resolvedLoss(loss: RunConfig['loss']): LossSettings {
  const { desirableWeight, undesirableWeight } = loss;
  if (desirableWeight === 'auto' || undesirableWeight === 'auto') {
    throw new ProspectError('PROTOCOL', 'the coordinator sent class weights that are still auto');
  }
  return { ...loss, desirableWeight, undesirableWeight };
}

/** Joining: loading what the run's configuration names, and taking a rank among the members. */
import { RunConfigSchema } from '../core/config/schema.js';
import { ProspectError } from '../core/errors.js';
import type { LossSettings } from '../core/kto.js';
import type { Membership, Ready, Welcome } from '../proto/gen/prospect/v1/coordinator.js';
import { createExchange } from './allreduce/exchange.js';
import { createGradientStore } from './allreduce/gradient-store.js';
import { connectPeers } from './allreduce/peer-clients.js';
import { createReducer } from './allreduce/reduce.js';
import { digestModelFiles } from './model-digest.js';
import type { WorkerOptions } from './worker.js';
import { loadedModel, type WorkerState } from './worker-state.js';

export async function load(welcome: Welcome, state: WorkerState, options: WorkerOptions): Promise<Ready> {
  const config = { ...RunConfigSchema.parse(JSON.parse(welcome.configJson)), ...options.override };
  const loss = resolvedLoss(config.loss);
  const compute = options.startCompute(config);
  state.compute = compute;
  const modelDigest = digestModelFiles(config.model);
  // The engine's error about a model is the better one.
  modelDigest.catch(() => undefined);
  const { engine, engineReason, parameters, values, digest } = await compute.load(config);
  const store = createGradientStore(values.byteLength / 4, compute);
  state.loaded = { loss, compute, exchange: createExchange(store, values) };
  options.log.info(
    { runId: welcome.runId, engine: engine.engine, because: engineReason, parameters: store.length },
    'model loaded',
  );
  return {
    engine,
    parameterDigest: digest,
    modelDigest: await modelDigest,
    parameters: parameters.map(({ name, shape, decayed }) => ({ name, shape: [...shape], decayed })),
  };
}

/** The coordinator knows the class counts, so it resolves `auto` before it welcomes anybody. */
function resolvedLoss(loss: ReturnType<typeof RunConfigSchema.parse>['loss']): LossSettings {
  const { desirableWeight, undesirableWeight } = loss;
  if (desirableWeight === 'auto' || undesirableWeight === 'auto') {
    throw new ProspectError('PROTOCOL', 'the coordinator sent class weights that are still auto');
  }
  return { ...loss, desirableWeight, undesirableWeight };
}

/** @param leaving ends pulls from peers when this worker leaves the run. */
export function becomeMember(
  { generation, members }: Membership,
  state: WorkerState,
  options: WorkerOptions,
  leaving: AbortSignal,
): void {
  const { compute, exchange } = loadedModel(state);
  const own = members.find((member) => member.workerId === options.workerId);
  if (!own) throw new ProspectError('PROTOCOL', `generation ${generation} does not list this worker`);
  state.member?.close();
  const others = members.filter((member) => member !== own);
  const { peers, close } = connectPeers(others, leaving);
  const position = { rank: own.rank, worldSize: members.length };
  const reducer = createReducer(position, peers, exchange, compute);
  state.member = { generation, reducer, plan: undefined, reduced: undefined, close };
  options.log.info({ generation, ...position }, 'member');
}

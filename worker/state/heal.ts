/** Healing: this worker's parameters and moments are replaced by those of a committed step. Training goes on elsewhere. */
import { ProspectError } from '../../core/errors.js';
import type { Heal } from '../../proto/gen/prospect/v1/coordinator.js';
import type { Security } from '../../proto/transport/security.js';
import type { Order } from '../agenda.js';
import { faults } from '../faults.js';
import { type LoadedModel, loadedModel, type WorkerState } from '../worker-state.js';
import { type PulledState, pullState } from './pull-state.js';

/**
 * Answers with HealedReport, or with BehindReport when nobody could give the state.
 * @param security peers and coordinator are reached with the same certificates.
 * @param ending ends pulls when this worker ends.
 */
export async function heal(
  { message, reply }: Order<Heal>,
  worker: WorkerState,
  security: Security,
  ending: AbortSignal,
): Promise<void> {
  const model = loadedModel(worker);
  const signal = AbortSignal.any([ending, worker.agenda.pulling.signal]);
  const { order } = message;
  model.work = undefined;
  faults.strike('healing', message.step);
  try {
    if (message.source?.$case === 'base') await startOver(model);
    else
      await takeState(
        await pullFromAny(message, worker.coordinator, { model, worker, security, signal }),
        model,
        signal,
      );
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ProspectError && error.code === 'INTERNAL') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    reply({ $case: 'behindReport', value: { generation: worker.generation, order, reason } });
    return;
  }
  faults.strike('healed', message.step);
  const { step, parameterDigest } = model.parameters.applied();
  reply({ $case: 'healedReport', value: { generation: worker.generation, order, step, parameterDigest } });
}

async function startOver({ parameters, compute }: LoadedModel): Promise<void> {
  await parameters.change(async () => ({ step: 0, parameterDigest: await compute.resetState(), updates: 0 }));
}

async function takeState({ header, arrays }: PulledState, model: LoadedModel, signal: AbortSignal): Promise<void> {
  const { step, parameterDigest, updates } = header;
  await model.parameters.change(async () => {
    signal.throwIfAborted();
    await model.compute.importState(arrays);
    return { step, parameterDigest, updates };
  });
}

interface Means {
  readonly model: LoadedModel;
  readonly worker: WorkerState;
  readonly security: Security;
  readonly signal: AbortSignal;
}

/** @throws the last giver's error. */
async function pullFromAny({ step, source }: Heal, coordinator: string, means: Means): Promise<PulledState> {
  const { model, worker, security, signal } = means;
  const settings = {
    length: model.parameters.length,
    compute: model.compute,
    security,
    signal,
    onChunk: () => {
      worker.progress += 1;
    },
  };
  let failure: unknown = new ProspectError('PROTOCOL', 'nobody was named who has the state');
  for (const { address, parameterDigest } of giversOf(source, coordinator)) {
    try {
      const pulled = await pullState(address, step, settings);
      if (parameterDigest === undefined || pulled.header.parameterDigest === parameterDigest) return pulled;
      failure = new ProspectError('WORKER_MISMATCH', `the state from ${address} is not the one that was promised`);
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}

interface Giver {
  readonly address: string;
  readonly parameterDigest?: string;
}

function giversOf(source: Heal['source'], coordinator: string): Giver[] {
  if (source?.$case === 'peers') return source.value.peers.map(({ peerAddress }) => ({ address: peerAddress }));
  if (source?.$case === 'snapshot') return [{ address: coordinator, parameterDigest: source.value.parameterDigest }];
  return [];
}

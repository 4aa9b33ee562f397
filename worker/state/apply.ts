/** A committed step is applied: with the gradient that this worker has reduced, or with one pulled from the members. */
import { ProspectError } from '../../core/errors.js';
import type { CommitRecord } from '../../proto/gen/prospect/v1/coordinator.js';
import type { Decided, Order } from '../agenda.js';
import { faults } from '../faults.js';
import { type LoadedModel, loadedModel, type WorkerState } from '../worker-state.js';

/**
 * Answers with AppliedReport, or with BehindReport when the gradient can't be had.
 * @param ending ends pulls when this worker ends.
 */
export async function applyDecided(
  { message, reply }: Order<Decided>,
  worker: WorkerState,
  ending: AbortSignal,
): Promise<void> {
  const { record } = message;
  const model = loadedModel(worker);
  const signal = AbortSignal.any([ending, worker.agenda.pulling.signal]);
  const applied = model.parameters.applied().step;
  if (record.step < applied) return;
  try {
    if (record.step > applied + 1) throw missing(`step ${record.step} is committed, but this worker is at ${applied}`);
    if (record.step === applied + 1) {
      const gradient = record.skipped ? undefined : await gradientOf(message, model, signal);
      signal.throwIfAborted();
      faults.strike('applying', record.step);
      await apply(record, gradient, model);
      faults.strike('applied', record.step);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ProspectError) || error.code === 'INTERNAL') throw error;
    const { generation, healOrder: order } = worker;
    reply({ $case: 'behindReport', value: { generation, order, reason: error.message } });
    return;
  }
  const { step, parameterDigest } = model.parameters.applied();
  reply({ $case: 'appliedReport', value: { generation: worker.generation, step, parameterDigest } });
}

/** @throws PeerError or WORKER_MISMATCH when nobody gives the gradient of the record's digest. */
async function gradientOf(
  { record, members, pulled }: Decided,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<SharedArrayBuffer> {
  const { step, gradientDigest } = record;
  const { reduced, compute } = model;
  if (reduced?.step === step && reduced.digest === gradientDigest) return reduced.gradient;
  if (!members) throw missing(`the committed gradient of step ${step} is not the one that this worker reduced`);
  faults.strike('observing', step);
  const gradient = await (pulled ?? model.exchange.tensors.observe(step, members, signal));
  const { digest } = await compute.measure(gradient);
  if (!pulled) model.reduced = { step, digest, gradient };
  if (digest === gradientDigest) return gradient;
  throw missing(`the gradient of step ${step} that was pulled is not the committed one`);
}

async function apply(
  record: CommitRecord,
  gradient: SharedArrayBuffer | undefined,
  { parameters, compute }: LoadedModel,
): Promise<void> {
  const { step, norm, learningRate } = record;
  await parameters.change(async ({ parameterDigest, updates }) => {
    if (!gradient) return { step, parameterDigest, updates };
    const updateNumber = updates + 1;
    const digest = await compute.update({ gradient, norm, learningRate, updateNumber });
    return { step, parameterDigest: digest, updates: updateNumber };
  });
}

function missing(message: string): ProspectError {
  return new ProspectError('WORKER_MISMATCH', message);
}

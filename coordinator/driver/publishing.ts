/**
 * Publishes the adapter as of a committed step. Before the next step is planned nobody can be ahead of it, so that the
 * state that is asked for then, and the evaluation, are of exactly this step; the rest goes on beside the training.
 */
import type { AdapterEvaluation } from '../../core/adapters/manifest.js';
import { ProspectError, toProspectError } from '../../core/errors.js';
import { upToDate } from '../machine/turn.js';
import type { EvaluationMetrics } from '../metrics/evaluation-metrics.js';
import type { AgreedDigests } from './agreed.js';
import type { DriverContext } from './context.js';
import { type PulledState, pullState } from './pull-state.js';
import { verifiedValues } from './verified-values.js';

export interface Publisher {
  isDue(step: number): boolean;
  /** Resolves when a worker has copied its state, after which steps may go on. What goes wrong is an alarm. */
  begin(step: number): Promise<void>;
  /** The last step's, where it is not there yet; resolves when nothing is being written. */
  finish(step: number): Promise<void>;
  settled(): Promise<void>;
}

export function createPublisher(context: DriverContext, agreed: AgreedDigests): Publisher {
  const { publication } = context;
  let writing = Promise.resolve();
  const begin = async (step: number) => {
    if (!publication) return;
    // Versions are compared with the one before.
    await writing;
    publication.begin(step);
    try {
      const pulled = await pull(step, context, agreed);
      writing = write(pulled, context).catch((error) => failed(step, error, context));
    } catch (error) {
      failed(step, error, context);
    }
  };
  return {
    isDue: (step) => publication?.isDue(step) ?? false,
    begin,
    async finish(step) {
      const isThere = publication?.versions().at(-1)?.step === step;
      if (!isThere) await begin(step);
      await writing;
    },
    settled: () => writing,
  };
}

/** A state of which the header has come. */
interface Pulled {
  readonly step: number;
  readonly state: PulledState;
  readonly parameterDigest: string;
  readonly workerId: string;
}

/** @throws WORKER_LOST when no worker has exactly this step. */
async function pull(step: number, { links, loop, security, over }: DriverContext, agreed: AgreedDigests) {
  const parameterDigest = await agreed.of(step);
  let lost = new ProspectError('WORKER_LOST', 'no worker that has this step is left');
  for (const { session } of upToDate(loop().state())) {
    const link = links.get(session);
    if (!link) continue;
    try {
      const state = await pullState(link, { step, parametersOnly: true }, security, over);
      if (state.header.step === step) return { step, state, parameterDigest, workerId: link.workerId };
      state.close();
    } catch (error) {
      if (!(error instanceof ProspectError) || error.code !== 'WORKER_LOST') throw error;
      lost = error;
    }
  }
  throw lost;
}

async function write({ step, state, parameterDigest, workerId }: Pulled, context: DriverContext): Promise<void> {
  const { publication, report, first } = context;
  const { modelDigest, parameters } = first()!.loaded;
  const metrics = report.evaluationOf(step);
  try {
    await publication!.publish({
      step,
      evaluation: metrics ? evaluationOf(metrics) : null,
      modelDigest,
      parameterDigest,
      parameters,
      values: verifiedValues(state.parameters, parameterDigest, workerId),
    });
  } finally {
    state.close();
  }
}

function evaluationOf(metrics: EvaluationMetrics): AdapterEvaluation {
  return {
    loss: metrics.eval_loss,
    'rewards/chosen': metrics['eval_rewards/chosen'],
    'rewards/rejected': metrics['eval_rewards/rejected'],
    'rewards/margins': metrics['eval_rewards/margins'],
    accuracy: metrics.eval_accuracy,
  };
}

function failed(step: number, error: unknown, { log, events, fail }: DriverContext): void {
  if (error instanceof ProspectError && error.code === 'LEASE_LOST') {
    fail(error);
    return;
  }
  const message = `the adapter of step ${step} is not published: ${toProspectError(error).message}`;
  log.warn({ step }, message);
  events.tell({ kind: 'alarm', alarm: 'cluster', message });
}

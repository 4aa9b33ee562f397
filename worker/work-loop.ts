/** The worker at work: one job after the other, each as the newest messages want it. */
import type { StepPlan } from '../proto/gen/prospect/v1/coordinator.js';
import type { Order } from './agenda.js';
import { computeLeaf, computeMismatched, computeScores } from './compute-work.js';
import { getReady } from './load-model.js';
import { activityOf, type Job, nextJob } from './next-job.js';
import { reduceStep } from './reduce-work.js';
import { applyDecided } from './state/apply.js';
import { heal } from './state/heal.js';
import { takePlan, takeReferencePoint } from './step-work.js';
import type { WorkerOptions } from './worker.js';
import { loadedModel, type Phase, type WorkerState } from './worker-state.js';

/**
 * Ends with `ending`. @param onJobDone hears what each job took.
 * @throws what a job cannot go on from.
 */
export async function workAlways(
  worker: WorkerState,
  options: WorkerOptions,
  ending: AbortSignal,
  onJobDone: (phase: Phase, seconds: number) => void,
): Promise<void> {
  const { agenda } = worker;
  while (!ending.aborted) {
    const { promise: changed } = agenda.changed;
    const job = nextJob(agenda, worker.loaded);
    if (job) {
      const { step } = worker.loaded?.work ?? worker.loaded?.parameters.applied() ?? { step: 0 };
      worker.activity = activityOf(job, step);
      const begunMs = performance.now();
      const { phase } = worker.activity;
      await perform(job, worker, options, ending);
      onJobDone(phase, (performance.now() - begunMs) / 1000);
      worker.progress += 1;
    } else {
      // A reduction that is stuck is not over: whoever is idle has nothing to do.
      if (!agenda.reduce) worker.activity = { ...worker.activity, phase: 'idle' };
      await changed;
    }
  }
}

async function perform(job: Job, worker: WorkerState, options: WorkerOptions, ending: AbortSignal): Promise<void> {
  const { agenda } = worker;
  switch (job.kind) {
    case 'load':
      await getReady(job.order, worker, options);
      if (agenda.load === job.order) agenda.load = undefined;
      break;
    case 'heal':
      await heal(job.order, worker, options.security, ending);
      if (agenda.heal === job.order) agenda.heal = undefined;
      break;
    case 'decided':
      await applyDecided(job.order, worker, ending);
      agenda.decided = agenda.decided.filter((order) => order !== job.order);
      break;
    case 'plan':
      agenda.plan = undefined;
      beginPlan(job.order, worker, options);
      break;
    case 'referencePoint': {
      agenda.point = undefined;
      const { work, exchange } = loadedModel(worker);
      const { step, attempt, z0 } = job.order.message;
      if (work?.step === step && work.attempt === attempt) takeReferencePoint(work, z0, exchange.store);
      break;
    }
    case 'mismatched':
      await computeMismatched(job.microbatch, worker);
      break;
    case 'leaf':
      await computeLeaf(job.leaf, worker);
      break;
    case 'reduce':
      await reduceStep(job.order, worker);
      break;
    case 'score':
      dropScoring(job.order, worker);
      await computeScores(job.order, worker);
      break;
  }
}

/** Between two microbatches: the store takes no other step on while it adds. */
function beginPlan({ message, reply }: Order<StepPlan>, worker: WorkerState, options: WorkerOptions): void {
  const model = loadedModel(worker);
  const { step } = message;
  const applied = model.parameters.applied().step;
  if (step !== applied + 1) {
    options.log.debug({ step, applied }, 'plan of another step dropped');
    if (step <= applied) return;
    const reason = `step ${step} is planned, but this worker is at ${applied}`;
    reply({ $case: 'behindReport', value: { generation: worker.generation, order: worker.healOrder, reason } });
    return;
  }
  model.work = takePlan(model.work, message, reply, model.exchange.store, (work) => {
    model.exchange.begin(message, work.leafCount, { attempt: work.attempt, unmerged: [...work.compared] });
  });
}

function dropScoring(order: object, { agenda }: WorkerState): void {
  for (const [key, other] of agenda.scoring) if (other === order) agenda.scoring.delete(key);
}

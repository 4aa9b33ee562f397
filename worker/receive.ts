/**
 * What a message changes: it is taken in at once, whatever the compute thread is doing, so that what nobody wants any
 * more ends soon. Messages of older generations than the newest are dropped.
 */
import type { Observe, ScorePlan, SessionResponse, StepPlan, Welcome } from '../proto/gen/prospect/v1/coordinator.js';
import { clearWork, type Decided, type Order, type Reply, wake } from './agenda.js';
import { gradientsKept } from './state/prefetch.js';
import { voidPlan } from './step-work.js';
import { joinTeam } from './team.js';
import type { WorkerOptions } from './worker.js';
import { loadedModel, type WorkerState } from './worker-state.js';

type Incoming = NonNullable<SessionResponse['message']>;
/** Finish ends the session and is no order. */
type OrderMessage = Exclude<Incoming, { $case: 'finish' }>;

/** @param ending ends pulls from peers when this worker ends. */
export function receive(
  message: OrderMessage,
  reply: Reply,
  worker: WorkerState,
  options: WorkerOptions,
  ending: AbortSignal,
): void {
  if (message.$case === 'welcome') {
    followCoordinator(message.value, worker);
    clearWork(worker.agenda);
    worker.agenda.load = { message: message.value, reply };
  } else if (message.value.generation < worker.generation) {
    const { generation } = message.value;
    options.log.debug({ message: message.$case, generation, newest: worker.generation }, 'stale message dropped');
    return;
  } else {
    worker.generation = message.value.generation;
    takeIn(message, reply, worker, options, ending);
  }
  wake(worker.agenda);
}

/** What an earlier session said is over, and the run may be another one. */
function followCoordinator({ incarnation }: Welcome, worker: WorkerState): void {
  worker.coordinatorIncarnation = incarnation;
  worker.generation = 0;
  worker.healOrder = 0;
}

function takeIn(
  message: Exclude<OrderMessage, { $case: 'welcome' }>,
  reply: Reply,
  worker: WorkerState,
  options: WorkerOptions,
  ending: AbortSignal,
): void {
  const { agenda } = worker;
  switch (message.$case) {
    case 'membership':
      agenda.reduce = undefined;
      worker.team?.membership.leave();
      worker.team = joinTeam(message.value, options.workerId, loadedModel(worker), options.log, () => {
        worker.progress += 1;
      });
      break;
    case 'stepPlan':
      takePlan({ message: message.value, reply }, worker);
      break;
    case 'referencePoint':
      agenda.point = { message: message.value, reply };
      break;
    case 'reduce':
      if (worker.loaded?.work) voidPlan(worker.loaded.work);
      agenda.reduce = { message: message.value, reply, isStuck: false };
      break;
    case 'commit':
      agenda.decided.push({ message: { record: message.value.record!, members: undefined }, reply });
      break;
    case 'observe':
      agenda.decided.push({ message: observed(message.value, worker, options, ending), reply });
      break;
    case 'heal':
      clearWork(agenda);
      worker.team?.membership.leave();
      worker.team = undefined;
      worker.healOrder = message.value.order;
      agenda.heal = { message: message.value, reply };
      break;
    case 'scorePlan':
      addScoring(message.value, reply, worker);
      break;
  }
}

/** While this worker heals, gradients are pulled ahead: see state/prefetch.ts. */
function observed(
  { record, members }: Observe,
  worker: WorkerState,
  { workerId }: WorkerOptions,
  ending: AbortSignal,
): Decided {
  const { agenda, loaded } = worker;
  const decided = { record: record!, members: members.filter((member) => member.workerId !== workerId) };
  const isKept = loaded && agenda.decided.length < gradientsKept(loaded.parameters.length);
  if (!agenda.heal || !isKept || decided.record.skipped) return decided;
  const signal = AbortSignal.any([ending, agenda.pulling.signal]);
  const { tensors } = loaded.exchange;
  const pulled = tensors.prefetch(decided.record.step, decided.members, loaded.parameters.length, signal);
  const done = () => {
    worker.progress += 1;
  };
  // Whoever applies it sees the failure; one that is not needed any more may fail.
  pulled.then(done, () => undefined);
  return { ...decided, pulled };
}

/** The plan before is void from now on: nothing of it is begun any more. */
function takePlan(order: Order<StepPlan>, { agenda, loaded }: WorkerState): void {
  agenda.plan = order;
  agenda.point = undefined;
  agenda.reduce = undefined;
  if (loaded?.work) voidPlan(loaded.work);
}

function addScoring({ task, microbatches, policy, reference }: ScorePlan, reply: Reply, { agenda }: WorkerState): void {
  for (const microbatch of microbatches) {
    const message = { task, microbatch, policy, reference };
    agenda.scoring.set(`${task}:${microbatch.number}`, { message, reply });
  }
}

/** The reduction of a step, peer to peer. When it cannot end, the coordinator decides how the members go on. */
import type { ReduceOrder } from './agenda.js';
import { PeerError } from './allreduce/peer-error.js';
import type { ReduceOrder as PeerOrder } from './allreduce/reduce.js';
import { faults } from './faults.js';
import { addLeaves, type StepWork, settleHolding } from './step-work.js';
import type { Team } from './team.js';
import { type LoadedModel, loadedModel, type WorkerState } from './worker-state.js';

/** Leaves that were lost to a comparison between workers are computed again first; the order stays until then. */
export async function reduceStep(order: ReduceOrder, worker: WorkerState): Promise<void> {
  const { message } = order;
  const model = loadedModel(worker);
  const { work, exchange } = model;
  const { team, agenda } = worker;
  const isOfWork = work?.step === message.step && work.attempt === message.attempt;
  if (!team || !isOfWork || message.holdings.length !== team.worldSize) {
    agenda.reduce = undefined;
    return;
  }
  const missing = settleHolding(work, message.holdings[team.rank]!.ranges, exchange.store);
  if (missing.length > 0) {
    computeFirst(missing, order, work, worker);
    return;
  }
  faults.strike('reducing', message.step);
  try {
    await reduceNow(order, work, { model, team, worker });
  } catch (error) {
    if (agenda.reduce !== order) return;
    if (!(error instanceof PeerError)) throw error;
    order.isStuck = true;
    if (error.isRefusal) return;
    const { generation } = worker;
    order.reply({ $case: 'peerTrouble', value: { generation, peerSession: error.peer.session } });
  }
}

function computeFirst(missing: readonly number[], order: ReduceOrder, work: StepWork, worker: WorkerState): void {
  if (work.plan.z0 !== undefined && missing.every((leaf) => work.given.matched.has(leaf))) {
    addLeaves(work, missing);
    return;
  }
  worker.agenda.reduce = undefined;
  const reason = `leaves ${missing.join(', ')} of step ${work.step} are not held`;
  order.reply({ $case: 'behindReport', value: { generation: worker.generation, reason, order: worker.healOrder } });
}

interface Means {
  readonly model: LoadedModel;
  readonly team: Team;
  readonly worker: WorkerState;
}

async function reduceNow(order: ReduceOrder, work: StepWork, { model, team, worker }: Means): Promise<void> {
  const { step, leafCount, exampleCount, holdings, generation } = order.message;
  const { exchange, compute } = model;
  const key = { generation, step };
  exchange.begin(key, leafCount, { attempt: work.attempt, unmerged: [...work.compared] });
  const leaves = holdings.map(({ ranges }) => ranges);
  const peerOrder = { ...key, leafCount, exampleCount, leaves } satisfies PeerOrder;
  const gradient = await team.membership.reduce(peerOrder, exchange.store.held());
  const { digest, norm } = await compute.measure(gradient);
  model.reduced = { step, digest, gradient };
  faults.strike('reduced', step);
  if (worker.agenda.reduce !== order) return;
  worker.agenda.reduce = undefined;
  order.reply({ $case: 'reducedReport', value: { generation, step, digest, norm } });
}

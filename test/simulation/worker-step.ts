/** A model worker's part of a step: scores, leaves, reduction. */
import { nodeKey, subtreesOf } from '../../core/reduction-tree.js';
import { dataOf, hex, leafGradient, normOf, reducedGradient, scoreOf, sumOf } from './model.js';
import { corrupted, type WorkerContext } from './worker-context.js';
import type { HeldLeaf, MessageOf } from './worker-state.js';
import { reach, violate } from './world.js';

const RETRY_PULL_MS = 200;
/** A peer that cannot be pulled from for so long is named. */
const TROUBLE_MS = 1500;

export function takePlan(context: WorkerContext, plan: MessageOf<'stepPlan'>, setAside: readonly number[]): void {
  const { memory, world, workerId } = context;
  const { parameters } = memory;
  const isKnown = plan === memory.plan || (parameters && plan.step <= parameters.step);
  if (isKnown) return;
  if (parameters && plan.step === parameters.step + 2) {
    if (memory.nextPlan?.plan !== plan) memory.nextPlan = { plan, setAside, point: undefined };
    return;
  }
  memory.nextPlan = undefined;
  if (!parameters || plan.step !== parameters.step + 1) {
    const own = parameters ? `after step ${parameters.step}` : 'without parameters';
    violate(world, `${workerId} got a plan of step ${plan.step} ${own}`);
    return;
  }
  if (memory.plan?.step !== plan.step || memory.plan.attempt !== plan.attempt) {
    memory.leaves.clear();
    memory.scores.clear();
  }
  for (const leaf of plan.discarded) memory.leaves.delete(leaf);
  memory.reported.clear();
  // Every plan is followed by its reference point, which need not be the same as before.
  memory.z0 = undefined;
  memory.plan = plan;
  memory.setAside = setAside;
  work(context);
}

export function takeReferencePoint(context: WorkerContext, point: MessageOf<'referencePoint'>): void {
  const { memory } = context;
  const { nextPlan } = memory;
  if (nextPlan?.plan.step === point.step && nextPlan.plan.attempt === point.attempt) nextPlan.point = point;
  if (memory.plan?.step !== point.step || memory.plan.attempt !== point.attempt) return;
  for (const [leaf, { z0 }] of memory.leaves) if (z0 !== point.z0) memory.leaves.delete(leaf);
  memory.z0 = point.z0;
  work(context);
}

/** What waited for the update. */
export function takeNextPlan(context: WorkerContext): void {
  const { nextPlan, parameters } = context.memory;
  if (!nextPlan || nextPlan.plan.step !== (parameters?.step ?? -1) + 1) return;
  const { plan, setAside, point } = nextPlan;
  takePlan(context, plan, setAside);
  if (point) takeReferencePoint(context, point);
}

/** The next piece of the plan; what is held already is reported without work. */
export function work(context: WorkerContext): void {
  const { memory } = context;
  const { plan, z0 } = memory;
  if (context.isComputing || !plan || plan.step !== (memory.parameters?.step ?? -1) + 1) return;
  const microbatch = plan.mismatched.find((number) => !memory.reported.has(`pair ${number}`));
  if (microbatch !== undefined) scorePair(context, plan, microbatch);
  else if (z0 !== undefined) {
    const leaf = plan.matched.find((number) => !memory.reported.has(`leaf ${number}`));
    if (leaf !== undefined) computeLeaf(context, plan, leaf, z0);
  }
}

function scorePair(context: WorkerContext, plan: MessageOf<'stepPlan'>, microbatch: number): void {
  const { memory } = context;
  const { step, attempt } = plan;
  const report = () => {
    memory.scores.add(microbatch);
    memory.reported.add(`pair ${microbatch}`);
    const { generation, world } = context;
    const rows = dataOf(world.model, step, memory.setAside).mismatched[microbatch]!;
    const score = scoreOf(memory.parameters!, rows);
    context.report({ kind: 'mismatchedReport', generation, step, attempt, microbatch, notFinite: [] }, score);
    work(context);
  };
  if (memory.scores.has(microbatch)) report();
  else compute(context, 2 * context.rowMs, plan, report);
}

function computeLeaf(context: WorkerContext, plan: MessageOf<'stepPlan'>, leaf: number, z0: number): void {
  const { memory, world } = context;
  const held = memory.leaves.get(leaf);
  if (held?.z0 === z0) {
    reportLeaf(context, plan, leaf, held);
    return;
  }
  const rows = dataOf(world.model, plan.step, memory.setAside).leaves[leaf]!;
  const computeMs = rows.length * context.rowMs;
  compute(context, computeMs, plan, () => {
    const gradient = leafGradient(memory.parameters!, z0, rows);
    const isAudited = plan.audited.includes(leaf);
    memory.leaves.set(leaf, { z0, gradient: isAudited ? corrupted(context, 'leaf', gradient) : gradient, computeMs });
    work(context);
  });
}

function reportLeaf(context: WorkerContext, plan: MessageOf<'stepPlan'>, leaf: number, held: HeldLeaf): void {
  const { memory, generation } = context;
  const { step, attempt } = plan;
  const { z0, gradient, computeMs } = held;
  memory.reported.add(`leaf ${leaf}`);
  memory.leaves.set(leaf, { z0, gradient, computeMs: 0 });
  const digest = plan.audited.includes(leaf) ? hex(gradient) : '';
  context.report({ kind: 'leafReport', generation, step, attempt, leaf, z0, digest, computeMs, notFinite: [] });
  work(context);
}

/** One job of the compute thread; its result is dropped when the plan has become another one meanwhile. */
function compute(
  context: WorkerContext,
  workMs: number,
  { step, attempt }: MessageOf<'stepPlan'>,
  done: () => void,
): void {
  const { memory, process } = context;
  const { z0 } = memory;
  context.isComputing = true;
  process.after(workMs, () => {
    context.isComputing = false;
    context.progress++;
    const isSame =
      memory.plan?.step === step && memory.plan.attempt === attempt && memory.parameters?.step === step - 1;
    if (isSame && (z0 === undefined || memory.z0 === undefined || memory.z0 === z0)) done();
    else work(context);
  });
}

/** What a peer answers to a pull of sums: the largest complete subtrees of what it gives. */
export function sumsOf(context: WorkerContext, order: MessageOf<'reduce'>, rank: number): [string, number][] {
  const { memory, world, workerId } = context;
  return order.holdings[rank]!.flatMap((range) =>
    subtreesOf(range, order.leafCount).map((node): [string, number] => {
      const sum = sumOf(node, order.leafCount, ({ level, index }) => {
        if (level > 0) return undefined;
        const held = memory.leaves.get(index);
        if (
          !held ||
          memory.plan?.step !== order.step ||
          memory.plan.attempt !== order.attempt ||
          held.z0 !== (memory.z0 ?? held.z0)
        ) {
          violate(world, `${workerId} does not hold leaf ${index} of step ${order.step}, which it is to give`);
          return 0;
        }
        return held.gradient;
      });
      return [nodeKey(node), sum];
    }),
  );
}

/** Pulls everybody's sums until all are there or the generation is over. */
export function reduce(context: WorkerContext, order: MessageOf<'reduce'>): void {
  const { world, process, workerId, memory } = context;
  const sums = new Map<string, number>();
  const missing = new Set(order.holdings.flatMap((ranges, rank) => (ranges.length > 0 ? [rank] : [])));
  const sinceMs = world.scheduler.nowMs();
  let named = false;
  const { connection } = context;
  const isOver = () =>
    context.connection !== connection ||
    context.generation !== order.generation ||
    order.step !== (memory.parameters?.step ?? -1) + 1 ||
    (memory.reduced?.step === order.step && memory.reduced.generation === order.generation);
  const pull = () => {
    if (isOver()) return;
    const members = context.membersGeneration === order.generation ? context.members : [];
    for (const rank of members.length > 0 ? missing : []) {
      const peer = reach(world, workerId, members[rank]!.workerId)?.context();
      if (peer?.generation !== order.generation) continue;
      for (const [key, sum] of sumsOf(peer, order, rank)) sums.set(key, sum);
      missing.delete(rank);
    }
    if (missing.size === 0) finishReduction(context, order, sums);
    else {
      const [rank] = missing;
      if (!named && members.length > 0 && world.scheduler.nowMs() - sinceMs >= TROUBLE_MS) {
        named = true;
        context.report({ kind: 'peerTrouble', generation: order.generation, peer: members[rank!]!.session });
      }
      process.after(RETRY_PULL_MS, pull);
    }
  };
  process.after(world.scheduler.random.between(2, 20), pull);
}

function finishReduction(context: WorkerContext, order: MessageOf<'reduce'>, sums: ReadonlyMap<string, number>): void {
  const { memory, world } = context;
  const { step, generation } = order;
  const clean = reducedGradient(order.leafCount, order.exampleCount, (node) => sums.get(nodeKey(node)));
  const gradient = corrupted(context, 'reduced', clean);
  const norm = normOf(world.model, step, gradient);
  const digest = hex(gradient);
  memory.reduced = { generation, step, gradient, digest, norm };
  context.progress++;
  context.report({ kind: 'reducedReport', generation, step, digest, norm });
}

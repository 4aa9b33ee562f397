/** A model worker that catches up: pulls the whole state, then follows by the others' reduced gradients. */
import { initialParameters, type Parameters, parameterDigest } from './model.js';
import type { WorkerContext } from './worker-context.js';
import type { MessageOf } from './worker-state.js';
import { apply } from './worker-update.js';
import { COORDINATOR, reach, type World } from './world.js';

const RETRY_MS = 100;
/** After so long without anybody to pull from it says so. */
const GIVE_UP_MS = 1500;

export function heal(context: WorkerContext, order: MessageOf<'heal'>): void {
  const { memory, process, world } = context;
  if (order.order <= memory.healOrder) return;
  memory.healOrder = order.order;
  memory.healing = order;
  memory.parameters = undefined;
  memory.plan = undefined;
  memory.nextPlan = undefined;
  memory.reduced = undefined;
  memory.observed = [];
  memory.leaves.clear();
  const deadlineMs = world.scheduler.nowMs() + GIVE_UP_MS;
  const pull = () => {
    if (memory.healing !== order) return;
    const parameters = pullState(world, context.workerId, order);
    if (parameters) process.after(world.scheduler.random.between(20, 800), () => finish(context, order, parameters));
    else if (world.scheduler.nowMs() < deadlineMs) process.after(RETRY_MS, pull);
    else reportBehind(context, 'nobody to pull the state from');
  };
  pull();
}

function pullState(world: World, workerId: string, { source, step }: MessageOf<'heal'>): Parameters | undefined {
  if (source.kind === 'base') return initialParameters(world.model);
  if (source.kind === 'snapshot') {
    return world.network.isCut(workerId, COORDINATOR) ? undefined : world.directory?.servedSnapshot();
  }
  for (const peer of source.peers) {
    const parameters = reach(world, workerId, peer.workerId)?.context().memory.parameters;
    if (parameters && parameters.step >= step) return parameters;
  }
  return undefined;
}

function finish(context: WorkerContext, order: MessageOf<'heal'>, parameters: Parameters): void {
  const { memory } = context;
  if (memory.healing !== order) return;
  memory.healing = undefined;
  memory.parameters = parameters;
  context.isWrong = parameterDigest(parameters) !== context.world.expected[parameters.step]!.parameterDigest;
  context.report({
    kind: 'healed',
    order: order.order,
    step: parameters.step,
    parameterDigest: parameterDigest(parameters),
  });
  follow(context);
}

export function observe(
  context: WorkerContext,
  { kind: _, members, generation, ...record }: MessageOf<'observe'>,
): void {
  const { memory, world, process } = context;
  if (memory.observed.some((known) => known.record.step === record.step)) return;
  memory.observed.push({ record, members, generation });
  memory.observed.sort((a, b) => a.record.step - b.record.step);
  const pulled = () => {
    if (record.skipped) return { gradient: undefined };
    for (const { workerId } of members) {
      const reduced = reach(world, context.workerId, workerId)?.context().memory.reduced;
      if (reduced?.step === record.step && reduced.digest === record.gradientDigest) return reduced;
    }
    return undefined;
  };
  process.after(world.scheduler.random.between(1, 30), () => {
    const found = pulled();
    const entry = memory.observed.find((known) => known.record === record);
    if (entry && found) entry.gradient = found;
    if (entry && !found) memory.observed = memory.observed.filter((known) => known !== entry);
    if (found) follow(context);
    else reportBehind(context, `nobody has the reduced gradient of step ${record.step}`);
  });
}

/** Applies what has been pulled, as far as there is no gap. */
export function follow(context: WorkerContext): void {
  const { memory } = context;
  if (memory.healing || !memory.parameters || context.isApplying > 0) return;
  const { step } = memory.parameters;
  memory.observed = memory.observed.filter(({ record }) => record.step > step);
  const [next] = memory.observed;
  if (!next?.gradient) return;
  if (next.record.step > step + 1) reportBehind(context, `the gradient of step ${step + 1} is not there`);
  else apply(context, next.gradient.gradient, { ...next.record, generation: next.generation });
}

function reportBehind(context: WorkerContext, reason: string): void {
  const { memory } = context;
  memory.healing = undefined;
  memory.observed = [];
  context.report({ kind: 'behind', order: memory.healOrder, reason });
}

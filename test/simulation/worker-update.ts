/** A model worker's end of a step: the commit, and the update of its parameters. */
import { applyUpdate, parameterDigest, skipUpdate } from './model.js';
import { corrupted, type WorkerContext } from './worker-context.js';
import type { MessageOf } from './worker-state.js';
import { violate } from './world.js';

export function commit(context: WorkerContext, order: MessageOf<'commit'>): void {
  const { memory, world, workerId } = context;
  if (!memory.parameters || order.step <= memory.parameters.step) return;
  const { reduced } = memory;
  const holds = order.skipped || (reduced?.step === order.step && reduced.digest === order.gradientDigest);
  if (order.step !== memory.parameters.step + 1 || !holds) {
    violate(world, `${workerId} got the commit of step ${order.step}, of which it does not hold the gradient`);
    return;
  }
  apply(context, order.skipped ? undefined : reduced!.gradient, order);
}

/** @param gradient undefined: the step is skipped. */
export function apply(
  context: WorkerContext,
  gradient: number | undefined,
  { learningRate, generation, step }: { learningRate: number; generation: number; step: number },
): void {
  const { memory, world, process, workerId } = context;
  if (!world.durableSteps.has(step))
    violate(world, `${workerId} is to apply step ${step} before its record is on the disk`);
  context.isApplying++;
  process.after(world.scheduler.random.between(2, 15), () => {
    context.isApplying--;
    if (memory.parameters?.step !== step - 1) return;
    const before = memory.parameters;
    const after = gradient === undefined ? skipUpdate(before) : applyUpdate(before, gradient, learningRate);
    const weights = corrupted(context, 'parameters', after.weights);
    if (weights !== after.weights) context.isWrong = true;
    memory.parameters = { ...after, weights };
    context.progress++;
    const digest = parameterDigest(memory.parameters);
    if (!context.isWrong && digest !== world.expected[step]!.parameterDigest) {
      violate(world, `${workerId} has other parameters after step ${step} than the undisturbed run`);
    }
    context.report({ kind: 'appliedReport', generation, step, parameterDigest: digest });
    context.afterApplied();
  });
}

/** What Kubernetes' Job controller does for an elastic Indexed Job. */
import type { V1Job, V1JobSpec } from '@kubernetes/client-node';
import { withResolvers } from '../../core/async-queue.js';
import type { PretendPod } from './pretend-pod.js';

export interface PretendJob {
  pod(index: number): PretendPod | undefined;
  /** As a patch of its size. */
  scale(size: number): void;
  readonly ended: Promise<'Complete' | 'Failed'>;
}

/** @param isOver whether the whole cluster is: nothing is made any more. */
export async function keepJob(
  { spec }: V1Job,
  make: (index: number) => Promise<PretendPod>,
  isOver: () => boolean,
): Promise<PretendJob> {
  const pods = new Map<number, PretendPod>();
  const failures = new Map<number, number>();
  const ended = withResolvers<'Complete' | 'Failed'>();
  let size = spec!.completions!;
  const keep = async (index: number): Promise<void> => {
    const pod = await make(index);
    pods.set(index, pod);
    const code = await pod.ended;
    pods.delete(index);
    if (isOver() || index >= size) return;
    const verdict = verdictOn(spec!, code);
    if (verdict === 'counted') failures.set(index, (failures.get(index) ?? 0) + 1);
    if ((failures.get(index) ?? 0) > spec!.backoffLimitPerIndex!) end('Failed');
    else if (verdict === 'Complete' || verdict === 'Failed') end(verdict);
    else await keep(index);
  };
  const end = (how: 'Complete' | 'Failed') => {
    size = 0;
    ended.resolve(how);
    for (const pod of pods.values()) void pod.end();
  };
  for (let index = 0; index < size; index++) void keep(index);
  return {
    pod: (index) => pods.get(index),
    scale(wanted) {
      const before = size;
      size = wanted;
      for (let index = before; index < wanted; index++) void keep(index);
      for (let index = wanted; index < before; index++) void pods.get(index)?.end();
    },
    ended: ended.promise,
  };
}

/** What an exit code means to the Job, by its policies. */
function verdictOn({ podFailurePolicy, successPolicy }: V1JobSpec, code: number): string {
  if (code === 0) return successPolicy?.rules[0]?.succeededCount === 1 ? 'Complete' : 'again';
  const rule = podFailurePolicy!.rules.find(({ onExitCodes }) => onExitCodes?.values.includes(code));
  if (rule?.action === 'FailJob') return 'Failed';
  return rule?.action === 'Ignore' ? 'again' : 'counted';
}

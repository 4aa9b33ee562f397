/** The pods of a run. */
import type { V1Pod } from '@kubernetes/client-node';
import { asked, type Cluster } from './cluster.js';
import { labelsOf, type Part } from './names.js';

export const INDEX_LABEL = 'batch.kubernetes.io/job-completion-index';

/** Oldest first. */
export async function podsOf({ core, namespace }: Cluster, run: string, part?: Part): Promise<V1Pod[]> {
  const labelSelector = Object.entries(labelsOf(run, part))
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
  const { items } = await asked('list pods', core.listNamespacedPod({ namespace, labelSelector }));
  const startedMs = ({ metadata }: V1Pod) => Number(metadata?.creationTimestamp ?? 0);
  return items.sort((a, b) => startedMs(a) - startedMs(b));
}

/** As kubectl has it, with what a person wants to know first. */
export function stateOf({ metadata, status }: V1Pod): string {
  if (metadata?.deletionTimestamp) return 'ending';
  const [container] = status?.containerStatuses ?? [];
  const { waiting, terminated } = container?.state ?? {};
  if (waiting?.reason) return waiting.reason;
  if (terminated) return `ended with exit code ${terminated.exitCode}`;
  if (status?.phase !== 'Running') return (status?.phase ?? 'unknown').toLowerCase();
  return container?.ready ? 'ready' : 'running, not ready';
}

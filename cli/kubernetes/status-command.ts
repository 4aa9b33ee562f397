/** `prospect k8s status`: how a run's pods stand, and its last step. */
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { Command } from 'commander';
import { alignedLines } from '../aligned-lines.js';
import { type Cluster, found, noRun, openCluster } from './cluster.js';
import { namesOf } from './names.js';
import { podsOf, stateOf } from './pods.js';
import { running } from './rendered.js';

/** Lines of the coordinator's log in which its last step is looked for. */
const LINES = 200;

export function statusCommand(): Command {
  return running(new Command('status'))
    .summary('how a run in the cluster stands')
    .description("Its pods, and the newest step that the coordinator's log tells of.")
    .addHelpText('after', '\nExample:\n  prospect k8s status thumbs')
    .action(status);
}

async function status(name: string, { namespace: given }: { readonly namespace?: string }): Promise<void> {
  const cluster = await openCluster(given);
  const { batch, namespace } = cluster;
  const pods = await podsOf(cluster, name);
  const job = await found('the workers’ Job', batch.readNamespacedJob({ name: namesOf(name).workers, namespace }));
  if (pods.length === 0 && !job) throw noRun(name, namespace);
  const step = await lastStep(cluster, pods);
  const lines: [string, string][] = [
    ['run', `${name} in namespace ${namespace}`],
    ...(step === undefined ? [] : [['step', step] as [string, string]]),
    ...(job ? [['workers', workersLine(job)] as [string, string]] : []),
    ...pods.map((pod): [string, string] => [pod.metadata?.name ?? '', stateOf(pod)]),
  ];
  process.stdout.write(`${alignedLines(Object.fromEntries(lines)).join('\n')}\n`);
}

export function workersLine({ spec, status: now }: V1Job): string {
  const ended = now?.conditions?.find(({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True');
  if (ended) return ended.type === 'Complete' ? 'done' : `failed: ${ended.message ?? ended.reason ?? ''}`;
  if (spec?.suspend) return `stopped, ${spec.parallelism} when it goes on`;
  const failed = now?.failedIndexes ? `; given up: ${now.failedIndexes}` : '';
  return `${now?.ready ?? 0} of ${spec?.parallelism} ready${failed}`;
}

/** Through the node, which a network policy cannot be in the way of. */
async function lastStep({ core, namespace }: Cluster, pods: readonly V1Pod[]): Promise<string | undefined> {
  const coordinator = pods.findLast(
    ({ metadata }) => metadata?.labels?.['app.kubernetes.io/component'] === 'coordinator',
  );
  const name = coordinator?.metadata?.name;
  if (name === undefined) return undefined;
  // A pod that has not started has no log.
  const log = await core.readNamespacedPodLog({ name, namespace, tailLines: LINES }).catch(() => '');
  return log
    .match(/^step +\d.*$/gm)
    ?.at(-1)
    ?.replace(/^step +/, '');
}

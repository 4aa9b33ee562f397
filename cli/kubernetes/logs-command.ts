/** `prospect k8s logs`: what coordinator or a worker writes. */
import { Command } from 'commander';
import { ProspectError } from '../../core/errors.js';
import { wholeNumber } from '../options.js';
import { asked, openCluster } from './cluster.js';
import type { Part } from './names.js';
import { INDEX_LABEL, podsOf } from './pods.js';
import { running } from './rendered.js';

interface Options {
  readonly namespace?: string;
  readonly worker?: number;
  readonly follow?: true;
  readonly tail: number;
}

export function logsCommand(): Command {
  return running(new Command('logs'))
    .summary('what the coordinator or a worker writes')
    .description('Of the newest pod of the coordinator, or of a worker, which is named by its number.')
    .option('--worker <n>', 'of this worker, from 0 on', wholeNumber)
    .option('-f, --follow', 'goes on with what is written from now on')
    .option('--tail <n>', 'lines of what was written before', wholeNumber, 100)
    .addHelpText('after', '\nExamples:\n  prospect k8s logs thumbs -f\n  prospect k8s logs thumbs --worker 2')
    .action(logs);
}

async function logs(name: string, { namespace: given, worker, follow, tail }: Options): Promise<void> {
  const cluster = await openCluster(given);
  const part: Part = worker === undefined ? 'coordinator' : 'worker';
  const pods = await podsOf(cluster, name, part);
  const pod = pods.findLast(({ metadata }) => worker === undefined || metadata?.labels?.[INDEX_LABEL] === `${worker}`);
  const podName = pod?.metadata?.name;
  if (podName === undefined) {
    const who = worker === undefined ? 'a coordinator' : `worker ${worker}`;
    throw new ProspectError('CONFIG_INVALID', `run ${name} in namespace ${cluster.namespace} has no pod of ${who}`);
  }
  const { Log } = await import('@kubernetes/client-node');
  const options = { follow: follow === true, tailLines: tail };
  await asked(
    `logs of ${podName}`,
    new Log(cluster.config).log(cluster.namespace, podName, part, process.stdout, options),
  );
}

/** `prospect k8s stop`: ends a run in order, with a snapshot; its volume stays, and `launch` goes on with it. */
import { Command } from 'commander';
import { asked, found, noRun, openCluster } from './cluster.js';
import { namesOf } from './names.js';
import { patched } from './patched.js';
import { podsOf } from './pods.js';
import { running } from './rendered.js';
import { until } from './until.js';

/** The coordinator's grace period, and some for the cluster. */
const COORDINATOR_MS = 180_000;

export function stopCommand(): Command {
  return running(new Command('stop'))
    .summary('end a run with a snapshot; launch goes on with it')
    .description(
      'First the coordinator ends, for whose last snapshot the workers are needed, then they. Snapshots, result and\n' +
        'Secrets stay in the cluster.',
    )
    .addHelpText('after', '\nExample:\n  prospect k8s stop thumbs')
    .action(stop);
}

async function stop(name: string, { namespace: given }: { readonly namespace?: string }): Promise<void> {
  const cluster = await openCluster(given);
  const { apps, batch, namespace, fieldManager } = cluster;
  const names = namesOf(name);
  const set = { name: names.coordinator, namespace };
  if (!(await found(`StatefulSet ${set.name}`, apps.readNamespacedStatefulSet(set)))) throw noRun(name, namespace);
  const nobody = { ...set, body: { spec: { replicas: 0 } }, fieldManager };
  await asked(`StatefulSet ${set.name}`, apps.patchNamespacedStatefulSet(nobody, await patched()));
  process.stdout.write('the coordinator ends with a snapshot\n');
  await until('the coordinator has ended', COORDINATOR_MS, async () => {
    return (await podsOf(cluster, name, 'coordinator')).length === 0;
  });
  const held = { name: names.workers, namespace, body: { spec: { suspend: true } }, fieldManager };
  await asked(`Job ${names.workers}`, batch.patchNamespacedJob(held, await patched()));
  process.stdout.write(`${name} is stopped; prospect k8s launch goes on with it\n`);
}

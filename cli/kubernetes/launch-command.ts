/** `prospect k8s launch`: starts a run in the cluster, or goes on with one that was stopped. */
import type { KubernetesObject, V1Job, V1Secret } from '@kubernetes/client-node';
import { Command } from 'commander';
import { asked, type Cluster, found, openCluster } from './cluster.js';
import { namesOf } from './names.js';
import type { ClusterOptions } from './options.js';
import type { Manifest } from './render.js';
import { type RenderFlags, rendered, rendering } from './rendered.js';
import { secretsOf } from './secrets.js';
import { toYaml } from './to-yaml.js';
import { until } from './until.js';

interface Options extends RenderFlags {
  readonly certs?: string;
}

/** For the pods of a Job that is removed. */
const REMOVAL_MS = 60_000;

export function launchCommand(): Command {
  return rendering(new Command('launch'))
    .summary('start a run in the cluster, or go on with it')
    .description(
      'Applies what `render` writes. A run that was stopped goes on; one that goes on is changed as far as the cluster\n' +
        'allows. The namespace and the data claim must be there.',
    )
    .option('--certs <folder>', 'makes the Secrets from a folder of prospect certs; without it they must be there')
    .addHelpText(
      'after',
      `
Examples:
  prospect certs -o certs && prospect k8s launch run.yaml --name thumbs --workers 4 --certs certs
  prospect k8s launch run.yaml --name thumbs --gpus 1 --cert-manager`,
    )
    .action(launch);
}

async function launch(file: string, { certs, ...flags }: Options): Promise<void> {
  const { options, manifests } = await rendered(file, flags);
  const cluster = await openCluster(options.namespace);
  const secrets = certs === undefined ? [] : await secretsOf(options.name, certs, process.env.PROSPECT_TOKEN);
  for (const secret of secrets) await applySecret(cluster, secret);
  const isLeft = await makeRoom(cluster, options);
  const { loadAllYaml } = await import('@kubernetes/client-node');
  // As the client's own models: its writer drops what it does not know by its own names.
  const objects = loadAllYaml(toYaml(manifests)) as (KubernetesObject & Manifest)[];
  for (const object of objects) {
    if (object.kind === 'Job' && isLeft) continue;
    await apply(cluster, object);
    process.stdout.write(`${object.kind} ${object.metadata.name} applied\n`);
  }
  process.stdout.write(`prospect k8s status ${options.name} tells how it stands.\n`);
}

/** What is there stays: a token that is replaced would shut out who has the old one. */
async function applySecret(cluster: Cluster, secret: V1Secret): Promise<void> {
  const { namespace, core, fieldManager } = cluster;
  const name = secret.metadata!.name!;
  if (await found(`Secret ${name}`, core.readNamespacedSecret({ name, namespace }))) return;
  await asked(`Secret ${name}`, core.createNamespacedSecret({ namespace, body: secret, fieldManager }));
  process.stdout.write(`Secret ${name} made\n`);
}

/** A Job that has ended cannot begin again; one that Kueue let begin must not be held back anew. @returns whether it is left. */
async function makeRoom({ batch, namespace }: Cluster, { name, queue }: ClusterOptions): Promise<boolean> {
  const job = { name: namesOf(name).workers, namespace };
  const read = () => found(`Job ${job.name}`, batch.readNamespacedJob(job));
  const there = await read();
  if (!there) return false;
  if (!hasEnded(there)) return queue !== undefined;
  await asked(`Job ${job.name}`, batch.deleteNamespacedJob({ ...job, propagationPolicy: 'Background' }));
  await until(`Job ${job.name} is removed`, REMOVAL_MS, async () => (await read()) === undefined);
  return false;
}

function hasEnded({ status }: V1Job): boolean {
  const ends = ['Complete', 'Failed'];
  return (status?.conditions ?? []).some((condition) => ends.includes(condition.type) && condition.status === 'True');
}

async function apply(
  { objects, namespace, fieldManager }: Cluster,
  object: KubernetesObject & Manifest,
): Promise<void> {
  const { PatchStrategy } = await import('@kubernetes/client-node');
  const spec = { ...object, metadata: { ...object.metadata, namespace } };
  const request = objects.patch(spec, undefined, undefined, fieldManager, true, PatchStrategy.ServerSideApply);
  await asked(`${object.kind} ${object.metadata.name}`, request);
}

/** `prospect k8s scale`: more workers, or fewer, while the run goes on; new ones get its state from the others. */
import type { V1Job } from '@kubernetes/client-node';
import { Command } from 'commander';
import { ProspectError } from '../../core/errors.js';
import { asked, found, noRun, openCluster } from './cluster.js';
import { namesOf } from './names.js';
import { patched } from './patched.js';
import { positiveNumber, running } from './rendered.js';
import { LIMIT_ANNOTATIONS, sizeOf } from './workers.js';

interface Options {
  readonly namespace?: string;
  readonly workers: number;
}

export function scaleCommand(): Command {
  return running(new Command('scale'))
    .summary('change the number of workers of a run that goes on')
    .description('Those with the highest numbers leave, in order; new ones join and heal. The result stays the same.')
    .requiredOption('--workers <n>', 'how many, within the limits of the configuration (workers)', positiveNumber)
    .addHelpText('after', '\nExample:\n  prospect k8s scale thumbs --workers 6')
    .action(scale);
}

async function scale(name: string, { namespace: given, workers }: Options): Promise<void> {
  const { batch, namespace, fieldManager } = await openCluster(given);
  const job = { name: namesOf(name).workers, namespace };
  const there = await found(`Job ${job.name}`, batch.readNamespacedJob(job));
  if (!there) throw noRun(name, namespace);
  const { min, max } = limitsOf(there);
  if (workers < min || workers > max) {
    const remedy = 'prospect set changes them for a run that goes on; then scale with kubectl.';
    throw new ProspectError('CONFIG_INVALID', `--workers ${workers}: the run's limits are ${min} to ${max}. ${remedy}`);
  }
  // All three at once: an elastic Job's completions and parallelism must stay equal.
  const request = batch.patchNamespacedJob(
    { ...job, body: { spec: sizeOf(workers, min) }, fieldManager },
    await patched(),
  );
  await asked(`Job ${job.name}`, request);
  process.stdout.write(`${name}: ${there.spec?.parallelism} → ${workers} workers\n`);
}

function limitsOf({ metadata }: V1Job) {
  const limit = (annotation: string, otherwise: number) => Number(metadata?.annotations?.[annotation] ?? otherwise);
  return { min: limit(LIMIT_ANNOTATIONS.min, 1), max: limit(LIMIT_ANNOTATIONS.max, Number.POSITIVE_INFINITY) };
}

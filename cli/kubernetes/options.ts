/** What a run needs in a cluster beside its configuration, with what counts when it is left out. */

import type { RunConfig } from '../../core/config/schema.js';
import { workerLimits } from '../../core/config/worker-limits.js';
import { ProspectError } from '../../core/errors.js';
import { VERSION } from '../../core/version.js';

export interface ClusterOptions {
  readonly name: string;
  readonly namespace?: string;
  readonly image: string;
  readonly workers: number;
  /** For each worker. */
  readonly gpus: number;
  readonly cpus: number;
  /** Quantities of Kubernetes, as 8Gi. */
  readonly memory: string;
  readonly storage: string;
  readonly storageClass?: string;
  /** PersistentVolumeClaim with model and rows. */
  readonly dataClaim: string;
  readonly flavour: 'job' | 'jobset';
  /** Kueue's LocalQueue. */
  readonly queue?: string;
  /** Certificates come from cert-manager, by an authority of the run's own. */
  readonly certManager: boolean;
  /** Where Prometheus is; its pods may read the metrics. */
  readonly monitoringNamespace: string;
}

export type GivenOptions = { readonly [Name in keyof ClusterOptions]?: ClusterOptions[Name] | undefined };

/** Room for a DNS label (63 letters) after `-coordinator-certs`. */
const LONGEST_NAME = 40;
const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUANTITY = /^[1-9]\d*(\.\d+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$/;

/** @throws CONFIG_INVALID with all that Kubernetes would refuse, or that does not fit the run. */
export function clusterOptions(given: GivenOptions, config: RunConfig, defaultName: string): ClusterOptions {
  const limits = workerLimits(config);
  const { name = defaultName, gpus = 0, namespace, storageClass, queue } = given;
  const options: ClusterOptions = {
    name,
    ...(namespace !== undefined && { namespace }),
    image: given.image ?? `prospect:${VERSION}${gpus > 0 ? '-gpu' : ''}`,
    workers: given.workers ?? limits.start,
    gpus,
    cpus: given.cpus ?? config.threads,
    memory: given.memory ?? (gpus > 0 ? '32Gi' : '8Gi'),
    storage: given.storage ?? '20Gi',
    ...(storageClass !== undefined && { storageClass }),
    dataClaim: given.dataClaim ?? `${name}-data`,
    flavour: given.flavour ?? 'job',
    ...(queue !== undefined && { queue }),
    certManager: given.certManager ?? false,
    monitoringNamespace: given.monitoringNamespace ?? 'monitoring',
  };
  const mistakes = mistakesOf(options, limits);
  if (mistakes.length > 0) throw new ProspectError('CONFIG_INVALID', mistakes.join('\n'));
  return options;
}

function mistakesOf(options: ClusterOptions, { min, max }: { readonly min: number; readonly max: number }): string[] {
  const { name, workers, memory, storage, cpus, gpus } = options;
  const wrong: [boolean, string][] = [
    [
      !DNS_LABEL.test(name) || name.length > LONGEST_NAME,
      `--name ${name}: take small letters, digits and hyphens, ${LONGEST_NAME} at most, a letter first`,
    ],
    ...[options.namespace, options.dataClaim, options.queue, options.storageClass, options.monitoringNamespace].map(
      (text): [boolean, string] => [
        text !== undefined && !/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(text),
        `${text}: take small letters, digits, hyphens and dots`,
      ],
    ),
    [workers < min || workers > max, `--workers ${workers}: the run's limits (workers) are ${min} to ${max}`],
    [!QUANTITY.test(memory), `--memory ${memory}: expected a quantity of Kubernetes, as 8Gi`],
    [!QUANTITY.test(storage), `--storage ${storage}: expected a quantity of Kubernetes, as 20Gi`],
    [cpus < 1, '--cpus: a worker needs one or more'],
    [gpus > 1, `--gpus ${gpus}: a worker computes on one GPU; take more workers`],
  ];
  return wrong.filter(([isWrong]) => isWrong).map(([, message]) => message);
}

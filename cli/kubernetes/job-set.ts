/** The flavour for clusters with JobSet: one object that is done when the coordinator is, and that Kueue can hold back as a whole. */
import type { V1JobSpec, V1ObjectMeta, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { RunConfig } from '../../core/config/schema.js';
import { coordinatorPod, volumeSpec } from './coordinator.js';
import { failurePolicy } from './failure-policy.js';
import { labelsOf, namesOf } from './names.js';
import type { ClusterOptions } from './options.js';
import { queueLabel, workersSpec } from './workers.js';

/** What of jobset.x-k8s.io/v1alpha2 is used here. */
export interface JobSet {
  readonly apiVersion: 'jobset.x-k8s.io/v1alpha2';
  readonly kind: 'JobSet';
  readonly metadata: V1ObjectMeta;
  readonly spec: {
    readonly suspend?: boolean;
    readonly successPolicy: { readonly operator: 'All' | 'Any'; readonly targetReplicatedJobs: string[] };
    readonly failurePolicy: { readonly maxRestarts: number };
    readonly replicatedJobs: readonly ReplicatedJob[];
  };
}

interface ReplicatedJob {
  readonly name: string;
  readonly replicas: number;
  readonly dependsOn?: readonly { readonly name: string; readonly status: 'Ready' | 'Complete' }[];
  readonly template: { readonly spec: V1JobSpec };
}

/** Failures of the coordinator's pods before the run is given up. */
const RETRIES = 10;

export function jobSet(config: RunConfig, options: ClusterOptions): JobSet {
  const { name, queue } = options;
  const queued = queue === undefined ? undefined : queueLabel(queue);
  return {
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata: { name, labels: { ...labelsOf(name), ...queued } },
    spec: {
      ...(queued && { suspend: true }),
      successPolicy: { operator: 'All', targetReplicatedJobs: ['coordinator'] },
      // Nothing is gained by starting all anew: each Job replaces its own pods.
      failurePolicy: { maxRestarts: 0 },
      replicatedJobs: [
        { name: 'coordinator', replicas: 1, template: { spec: coordinatorSpec(config, options) } },
        {
          name: 'workers',
          replicas: 1,
          dependsOn: [{ name: 'coordinator', status: 'Ready' }],
          template: { spec: workersSpec(config, options) },
        },
      ],
    },
  };
}

function coordinatorSpec(config: RunConfig, options: ClusterOptions): V1JobSpec {
  const claim = namesOf(options.name).volume;
  return {
    parallelism: 1,
    completions: 1,
    backoffLimit: RETRIES,
    podReplacementPolicy: 'Failed',
    podFailurePolicy: failurePolicy('coordinator'),
    template: coordinatorPod(config, options, { restarted: 'on-failure', claim }),
  };
}

export function coordinatorVolume(options: ClusterOptions): V1PersistentVolumeClaim {
  const { name } = options;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: namesOf(name).volume, labels: labelsOf(name, 'coordinator') },
    spec: volumeSpec(options),
  };
}

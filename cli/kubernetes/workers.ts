/** The workers: an Indexed Job, whose size may change while the run goes on. */
import type { V1Job, V1JobSpec, V1PodTemplateSpec, V1Toleration } from '@kubernetes/client-node';
import type { RunConfig } from '../../core/config/schema.js';
import { workerLimits } from '../../core/config/worker-limits.js';
import { failurePolicy } from './failure-policy.js';
import { commonFiles } from './files.js';
import { FOLDERS, labelsOf, namesOf, PORTS } from './names.js';
import type { ClusterOptions } from './options.js';
import { podTemplate } from './pod.js';

const GPU = 'nvidia.com/gpu';
/** Failures of one worker's pods before it is given up; the Job waits 10 s after the first, and twice as long after each. */
const RETRIES = 10;
/** A worker that is told to leave hands back what it has within seconds. */
const GRACE_SECONDS = 30;
/** Rows may have to be read and tokenized first. */
const CONNECT_SECONDS = 1800;
const INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']";

/** Set on the Job, for `prospect k8s scale`. */
export const LIMIT_ANNOTATIONS = { min: 'prospect/min-workers', max: 'prospect/max-workers' } as const;

export function workersJob(config: RunConfig, options: ClusterOptions): V1Job {
  const { name, queue } = options;
  const { min, max } = workerLimits(config);
  const queued = queue === undefined ? undefined : queueLabel(queue);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: namesOf(name).workers,
      labels: { ...labelsOf(name, 'worker'), ...queued },
      annotations: { [LIMIT_ANNOTATIONS.min]: `${min}`, [LIMIT_ANNOTATIONS.max]: `${max}` },
    },
    // Kueue lets it begin; one that was stopped goes on when it is applied again.
    spec: { suspend: queued !== undefined, ...workersSpec(config, options) },
  };
}

export function queueLabel(queue: string): Record<string, string> {
  return { 'kueue.x-k8s.io/queue-name': queue };
}

export function workersSpec(config: RunConfig, options: ClusterOptions): V1JobSpec {
  const { min } = workerLimits(config);
  return {
    completionMode: 'Indexed',
    ...sizeOf(options.workers, min),
    backoffLimitPerIndex: RETRIES,
    podReplacementPolicy: 'Failed',
    podFailurePolicy: failurePolicy('worker'),
    // A worker ends well when the run is over, and then it is over for all.
    successPolicy: { rules: [{ succeededCount: 1 }] },
    template: workerPod(options),
  };
}

/** Without so many the run cannot go on. */
export function sizeOf(workers: number, min: number) {
  return { parallelism: workers, completions: workers, maxFailedIndexes: Math.max(0, workers - min) };
}

function workerPod({ name, image, cpus, gpus, memory, dataClaim }: ClusterOptions): V1PodTemplateSpec {
  const { coordinator } = namesOf(name);
  const gpu = gpus > 0 ? { [GPU]: `${gpus}` } : {};
  return podTemplate({
    run: name,
    part: 'worker',
    container: {
      image,
      args: [
        ...['worker', '--coordinator', `${coordinator}:${PORTS.coordinator}`, '--host', '$(POD_IP)'],
        ...['--id', 'worker-$(WORKER_INDEX)', '--connect-timeout', `${CONNECT_SECONDS}`],
        ...['--metrics-listen', `0.0.0.0:${PORTS.metrics}`, '--certs', FOLDERS.certs],
      ],
      env: [
        { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'WORKER_INDEX', valueFrom: { fieldRef: { fieldPath: INDEX } } },
        { name: 'PROSPECT_CACHE', value: FOLDERS.cache },
      ],
      resources: {
        requests: { cpu: `${cpus}`, memory, 'ephemeral-storage': '1Gi', ...gpu },
        // One more for what goes on beside the arithmetic: moving gradients and talking.
        limits: { cpu: `${cpus + 1}`, memory, 'ephemeral-storage': '5Gi', ...gpu },
      },
    },
    files: [commonFiles(name, 'worker', dataClaim)],
    more: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: GRACE_SECONDS,
      tolerations: tolerations(gpus > 0),
    },
  });
}

/** Nodes with GPUs often take nothing else. */
function tolerations(hasGpu: boolean): V1Toleration[] {
  return hasGpu ? [{ key: GPU, operator: 'Exists', effect: 'NoSchedule' }] : [];
}

/** Where the workers of `train` run: one on each GPU, or on the processor's cores. */

import type { RunConfig } from '../core/config/schema.js';
import { type WorkerLimits, workerLimits } from '../core/config/worker-limits.js';
import type { LocalGpu } from '../worker/engine/local-gpus.js';

export interface LocalPlan {
  /** How many start when the configuration does not say. */
  readonly workers: number | undefined;
  /** Of each worker's process, over the environment that it inherits. */
  readonly environments: readonly Readonly<Record<string, string>>[];
  /** For a person. */
  readonly says: readonly string[];
}

/** @param gpus that can be used; none also where the GPU's engine is not set up or not wanted */
export function planLocalWorkers(
  config: Pick<RunConfig, 'workers' | 'threads'>,
  gpus: readonly LocalGpu[],
  cores: number,
): LocalPlan {
  const limits = workerLimits(config);
  return gpus.length > 0 ? planOnGpus(config, limits, gpus) : planOnCores(config, limits, cores);
}

function planOnGpus(
  { workers }: Pick<RunConfig, 'workers'>,
  { start }: WorkerLimits,
  gpus: readonly LocalGpu[],
): LocalPlan {
  const count = workers === undefined ? gpus.length : start;
  const gpuOf = (worker: number) => gpus[worker % gpus.length]!;
  const environments = Array.from({ length: count }, (_, worker) => ({ CUDA_VISIBLE_DEVICES: gpuOf(worker).id }));
  const says = environments.map((_, worker) => {
    const { name, memoryMib } = gpuOf(worker);
    return `worker-${worker} on ${name} (${(memoryMib / 1024).toFixed(0)} GiB)`;
  });
  const idle = gpus.length - count;
  if (idle > 0) says.push(`${idle} of ${gpus.length} GPUs are not used: leave workers out to use all`);
  return { workers: workers === undefined ? count : undefined, environments, says };
}

/** Threads are part of what makes bits equal, so they are never changed here: only said. */
function planOnCores({ threads }: Pick<RunConfig, 'threads'>, { start }: WorkerLimits, cores: number): LocalPlan {
  const used = start * threads;
  const says: string[] = [];
  if (2 * used <= cores) {
    const better = Math.floor(cores / start);
    says.push(
      `${used} of ${cores} cores are used (workers × threads = ${start} × ${threads}): threads: ${better} would use them`,
    );
  }
  if (used > cores) {
    says.push(
      `workers × threads = ${start} × ${threads} is more than the ${cores} cores here: they will wait for one another`,
    );
  }
  return { workers: undefined, environments: Array.from({ length: start }, () => ({})), says };
}

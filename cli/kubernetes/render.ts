/**
 * All that a cluster needs to know of a run, made from its configuration. Secrets are named, never made: what is rendered
 * may be kept in a repository.
 */

import { basename } from 'node:path';
import type { V1ConfigMap } from '@kubernetes/client-node';
import type { RunConfig } from '../../core/config/schema.js';
import { certificateObjects } from './cert-manager.js';
import { coordinatorService, coordinatorSet, podsService } from './coordinator.js';
import { disruptionBudget, networkPolicy, podMonitor } from './guards.js';
import { coordinatorVolume, jobSet } from './job-set.js';
import { labelsOf, namesOf, RUN_FILE } from './names.js';
import type { ClusterOptions } from './options.js';
import { runFile } from './run-file.js';
import { workersJob } from './workers.js';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/**
 * @param folder of run.yaml, absolute.
 * @throws CONFIG_INVALID for paths that pods cannot see.
 */
export function renderRun(config: RunConfig, folder: string, options: ClusterOptions): Manifest[] {
  const pods =
    options.flavour === 'job'
      ? [coordinatorSet(config, options), workersJob(config, options)]
      : [coordinatorVolume(options), jobSet(config, options)];
  const objects = [
    configMap(config, folder, options),
    coordinatorService(options),
    podsService(options),
    ...(options.certManager ? certificateObjects(options) : []),
    ...pods,
    disruptionBudget(config, options),
    networkPolicy(options),
    podMonitor(options),
  ] as Manifest[];
  const { namespace } = options;
  if (namespace === undefined) return objects;
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
}

function configMap(config: RunConfig, folder: string, { name }: ClusterOptions): V1ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: namesOf(name).config, labels: labelsOf(name) },
    data: { [basename(RUN_FILE)]: runFile(config, folder) },
  };
}

/** The coordinator: one pod with a volume, and the address under which workers find it. */
import type { V1EnvVar, V1PodTemplateSpec, V1Service, V1StatefulSet } from '@kubernetes/client-node';
import type { RunConfig } from '../../core/config/schema.js';
import { commonFiles, coordinatorFiles, type Files } from './files.js';
import { FOLDERS, labelsOf, namesOf, PORTS, RUN_FILE } from './names.js';
import type { ClusterOptions } from './options.js';
import { podTemplate } from './pod.js';

/** The last snapshot may take two minutes. */
const GRACE_SECONDS = 150;

export function coordinatorSet(config: RunConfig, options: ClusterOptions): V1StatefulSet {
  const { name } = options;
  const names = namesOf(name);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: names.coordinator, labels: labelsOf(name, 'coordinator') },
    spec: {
      replicas: 1,
      serviceName: names.pods,
      selector: { matchLabels: labelsOf(name, 'coordinator') },
      template: coordinatorPod(config, options, { restarted: 'always' }),
      volumeClaimTemplates: [
        { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'volume' }, spec: volumeSpec(options) },
      ],
    },
  };
}

interface Restarts {
  /** When its controller starts it again. */
  readonly restarted: 'always' | 'on-failure';
  /** Of its volume, where its controller makes none. */
  readonly claim?: string;
}

export function coordinatorPod(
  config: RunConfig,
  options: ClusterOptions,
  { restarted, claim }: Restarts,
): V1PodTemplateSpec {
  const { name, image, dataClaim, gpus } = options;
  const volume: Files = {
    volumes: claim === undefined ? [] : [{ name: 'volume', persistentVolumeClaim: { claimName: claim } }],
    volumeMounts: [],
  };
  const listen = ['--listen', `0.0.0.0:${PORTS.coordinator}`, '--metrics-listen', `0.0.0.0:${PORTS.metrics}`];
  // A worker that cannot use its GPU is an error then, rather than slow.
  const engine = gpus > 0 && config.engine === 'auto' ? ['--set', 'engine=tensorflow-gpu'] : [];
  return podTemplate({
    run: name,
    part: 'coordinator',
    container: {
      image,
      args: ['coordinator', RUN_FILE, ...listen, '--certs', FOLDERS.certs, '--restarted', restarted, ...engine],
      env: environment(config, name),
      ports: [{ name: 'coordinator', containerPort: PORTS.coordinator }],
      resources: {
        requests: { cpu: '1', memory: '2Gi', 'ephemeral-storage': '1Gi' },
        limits: { cpu: '2', memory: '4Gi', 'ephemeral-storage': '5Gi' },
      },
    },
    files: [commonFiles(name, 'coordinator', dataClaim), coordinatorFiles(name, config), volume],
    more: {
      terminationGracePeriodSeconds: GRACE_SECONDS,
      ...(restarted === 'on-failure' && { restartPolicy: 'Never' }),
    },
  });
}

/** On the volume, so that rows are not tokenized again after a restart. */
function environment({ nats }: RunConfig, name: string): V1EnvVar[] {
  const logins = [nats?.userVariable, nats?.passwordVariable, nats?.tokenVariable].filter(
    (variable) => variable !== undefined,
  );
  return [
    { name: 'PROSPECT_CACHE', value: `${FOLDERS.volume}/cache` },
    ...logins.map((variable) => ({
      name: variable,
      valueFrom: { secretKeyRef: { name: namesOf(name).nats, key: variable } },
    })),
  ];
}

/** Of journal, snapshots, events and result. */
export function volumeSpec({ storage, storageClass }: ClusterOptions) {
  return {
    accessModes: ['ReadWriteOnce'],
    ...(storageClass !== undefined && { storageClassName: storageClass }),
    resources: { requests: { storage } },
  };
}

export function coordinatorService({ name }: ClusterOptions): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: namesOf(name).coordinator, labels: labelsOf(name, 'coordinator') },
    spec: {
      selector: labelsOf(name, 'coordinator'),
      // Workers may knock before it takes them in.
      publishNotReadyAddresses: true,
      ports: [{ name: 'coordinator', port: PORTS.coordinator, targetPort: 'coordinator' }],
    },
  };
}

/** Addresses of all pods, ready or not: who is not yet ready is spoken to for becoming it. */
export function podsService({ name }: ClusterOptions): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: namesOf(name).pods, labels: labelsOf(name) },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: labelsOf(name),
      ports: [{ name: 'metrics', port: PORTS.metrics, targetPort: 'metrics' }],
    },
  };
}

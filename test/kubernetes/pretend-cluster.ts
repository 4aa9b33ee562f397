/** A cluster with what matters to a run: volumes, a Service, a StatefulSet of one pod and an elastic Indexed Job. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1ConfigMap, V1Job, V1PodTemplateSpec, V1Secret, V1StatefulSet } from '@kubernetes/client-node';
import type { Manifest } from '../../cli/kubernetes/render.js';
import { layOutVolumes, type Stored } from './pod-files.js';
import { keepJob, type PretendJob } from './pretend-job.js';
import { type PretendPod, startPod } from './pretend-pod.js';

export interface ClusterOptions {
  readonly folder: string;
  readonly manifests: readonly Manifest[];
  readonly secrets: readonly V1Secret[];
  readonly claims: Readonly<Record<string, string>>;
  /** The image's environment on this machine. */
  readonly image: Readonly<Record<string, string>>;
}

export interface PretendCluster {
  coordinator(): PretendPod;
  readonly workers: PretendJob;
  /** How many pods a part has had. */
  starts(part: string): number;
  /** Folder of the coordinator's volume. */
  readonly volume: string;
  close(): Promise<void>;
}

const INDEX = 'batch.kubernetes.io/job-completion-index';

export async function startCluster(options: ClusterOptions): Promise<PretendCluster> {
  const { folder, manifests } = options;
  const set = ofKind<V1StatefulSet>(manifests, 'StatefulSet')[0]!;
  const job = ofKind<V1Job>(manifests, 'Job')[0]!;
  const volume = join(folder, 'coordinator-volume');
  await mkdir(volume, { recursive: true });
  // A network of this cluster's own within loopback.
  const network = `127.${1 + Math.floor(Math.random() * 254)}.${Math.floor(Math.random() * 255)}`;
  const service = { name: set.metadata!.name!, ip: `${network}.1` };
  const pods = podMaker({ ...options, claims: { ...options.claims, volume } }, service);
  let isOver = false;
  let coordinator: PretendPod;
  const keepCoordinator = async (): Promise<void> => {
    coordinator = await pods.make('coordinator', withVolume(set.spec!.template), service.ip);
    void coordinator.ended.then(() => (isOver ? undefined : keepCoordinator()));
  };
  await keepCoordinator();
  const make = (index: number) => pods.make('worker', job.spec!.template, `${network}.${10 + index}`, index);
  const workers = await keepJob(job, make, () => isOver);
  return {
    coordinator: () => coordinator,
    workers,
    starts: (part) => pods.starts(part),
    volume,
    async close() {
      isOver = true;
      await pods.killAll();
    },
  };
}

function ofKind<Kind>(manifests: readonly Manifest[], kind: string): Kind[] {
  return manifests.filter((one) => one.kind === kind) as unknown as Kind[];
}

/** As the StatefulSet's controller adds what it has made of its claim template. */
function withVolume(template: V1PodTemplateSpec): V1PodTemplateSpec {
  const made = structuredClone(template);
  made.spec!.volumes!.push({ name: 'volume', persistentVolumeClaim: { claimName: 'volume' } });
  return made;
}

function podMaker(options: ClusterOptions, service: { readonly name: string; readonly ip: string }) {
  const { folder, manifests, secrets, claims, image } = options;
  const stored: Stored = { configMaps: ofKind<V1ConfigMap>(manifests, 'ConfigMap'), secrets, claims };
  const counts = new Map<string, number>();
  const all = new Set<PretendPod>();
  return {
    starts: (part: string) => counts.get(part) ?? 0,
    async make(part: string, template: V1PodTemplateSpec, ip: string, index?: number): Promise<PretendPod> {
      const count = (counts.get(part) ?? 0) + 1;
      counts.set(part, count);
      const files = await layOutVolumes(template.spec!, join(folder, `${part}-${count}`), stored);
      const annotations = index === undefined ? {} : { [INDEX]: `${index}` };
      const pod = startPod({ template, files, ip, annotations, services: { [service.name]: service.ip }, image });
      all.add(pod);
      void pod.ended.then(() => all.delete(pod));
      return pod;
    },
    async killAll(): Promise<void> {
      for (const { child } of all) child.kill('SIGKILL');
      await Promise.all([...all].map(({ ended }) => ended));
    },
  };
}

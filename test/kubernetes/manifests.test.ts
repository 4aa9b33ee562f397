/** What is rendered, and what is in deploy/kubernetes: strictly what Kubernetes takes, what a careful cluster lets in, and both the same. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1StatefulSet } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Manifest } from '../../cli/kubernetes/render.js';
import { rendered } from '../../cli/kubernetes/rendered.js';
import { ERROR_TABLE, ProspectError } from '../../core/errors.js';
import { kubernetesFiles } from '../../scripts/kubernetes-base.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { kustomize, OVERLAYS, whyNoKustomize } from './kustomize.js';
import { podSpecsOf, violations } from './policy.js';
import { problemsOf } from './validate.js';

const DEPLOY = join(PROJECT_ROOT, 'deploy', 'kubernetes');
const EXAMPLE = join(DEPLOY, 'example', 'run.yaml');

/** What each overlay's first line says. */
const FLAGS: Readonly<Record<(typeof OVERLAYS)[number], object>> = {
  cpu: { workers: 4, memory: '16Gi' },
  gpu: { gpus: 1 },
  jobset: { flavour: 'jobset' },
  kueue: { queue: 'team-a' },
  'cert-manager': { certManager: true },
};

async function render(flags: object = {}): Promise<readonly Manifest[]> {
  return (await rendered(EXAMPLE, { set: [], name: 'thumbs', ...flags })).manifests;
}

const inOrder = (manifests: readonly Manifest[]) =>
  manifests.toSorted((a, b) => `${a.kind} ${a.metadata.name}`.localeCompare(`${b.kind} ${b.metadata.name}`));

/** Everything at once that can be asked for. */
const VARIATIONS: readonly object[] = [
  {},
  ...Object.values(FLAGS),
  { flavour: 'jobset', queue: 'team-a', gpus: 1, certManager: true, namespace: 'ml', storageClass: 'fast' },
  {
    set: [
      'nats.servers=nats:4222',
      'nats.userVariable=NATS_USER',
      'nats.passwordVariable=NATS_PASSWORD',
      `nats.tls.ca=${join(DEPLOY, 'example', 'nats-ca.pem')}`,
      'lora.from=/data/adapter',
      'workers.min=2',
    ],
  },
];

test.each(VARIATIONS)('%j is strictly what Kubernetes takes, and holds to the policy', async (flags) => {
  const manifests = await render(flags);
  expect(await problemsOf(...manifests)).toEqual([]);
  const pods = manifests.flatMap(podSpecsOf);
  expect(pods).toHaveLength(2);
  expect(pods.flatMap(violations)).toEqual([]);
});

test('a misspelt field, a wrong type and one that is missing are found', async () => {
  const [set] = (await render()).filter(({ kind }) => kind === 'StatefulSet') as [{ spec: object } & Manifest];
  expect(await problemsOf({ ...set, spec: { ...set.spec, replica: 1 } } as Manifest)).toEqual([
    'StatefulSet/spec/replica: no such field',
  ]);
  const deep = structuredClone(set) as unknown as V1StatefulSet;
  Object.assign(deep.spec!.template.spec!.containers[0]!.livenessProbe!.httpGet!, { paht: '/healthz' });
  expect(await problemsOf(deep as unknown as Manifest)).toEqual([
    'StatefulSet/spec/template/spec/containers/0/livenessProbe/httpGet/paht: no such field',
  ]);
  expect((await problemsOf({ ...set, spec: { ...set.spec, replicas: 'one' } } as Manifest))[0]).toMatch(
    /spec\/replicas/,
  );
  expect(await problemsOf({ ...set, spec: {} } as Manifest)).not.toEqual([]);
});

test('a pod that runs as root, without limits or with a writable root, is found', async () => {
  const [pod] = (await render()).flatMap(podSpecsOf);
  const [container] = pod!.containers;
  const careless = { ...container!, securityContext: {}, resources: {} };
  expect(violations({ ...pod!, securityContext: {}, containers: [careless] })).toEqual(
    expect.arrayContaining([
      'runs as no root',
      'coordinator cannot change its image',
      'coordinator has requests and limits',
    ]),
  );
});

test('what of deploy/kubernetes is made from code is up to date (npm run deploy:kubernetes)', async () => {
  for (const [path, text] of await kubernetesFiles(PROJECT_ROOT)) {
    expect(await readFile(join(DEPLOY, path), 'utf8'), path).toBe(text);
  }
});

const missing = whyNoKustomize();
if (missing) console.warn(`SKIPPED: tests of the overlays: ${missing}`);

describe.skipIf(missing)('kustomize', () => {
  test('the base is what is rendered', async () => {
    expect(inOrder(kustomize('base'))).toEqual(inOrder(await render()));
  });

  test.each(OVERLAYS)('the overlay %s is what its flags render', async (overlay) => {
    const manifests = kustomize(join('overlays', overlay));
    expect(inOrder(manifests)).toEqual(inOrder(await render(FLAGS[overlay])));
    expect(await problemsOf(...manifests)).toEqual([]);
    expect(manifests.flatMap(podSpecsOf).flatMap(violations)).toEqual([]);
  });
});

test('the exit codes that end the Job or are not counted are ours', async () => {
  const job = (await render()).find(({ kind }) => kind === 'Job');
  expect(job).toMatchObject({
    spec: {
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
          { action: 'Ignore', onExitCodes: { values: [ERROR_TABLE.INTERRUPTED.exitCode] } },
          { action: 'FailJob', onExitCodes: { values: [2, 3, 4] } },
        ],
      },
    },
  });
  const retried = ['INTERNAL', 'UNREACHABLE', 'WORKER_LOST', 'STORAGE', 'NON_FINITE', 'ENGINE_UNAVAILABLE'] as const;
  for (const code of retried) expect([2, 3, 4, 130]).not.toContain(ERROR_TABLE[code].exitCode);
});

test('the configuration of the pods is the same run, with paths that pods see', async () => {
  const map = (await render()).find(({ kind }) => kind === 'ConfigMap') as Manifest & { data: Record<string, string> };
  expect(parse(map.data['run.yaml']!)).toMatchObject({
    model: '/data/SmolLM2-135M-Instruct',
    output: '/output/run',
    data: { train: '/data/thumbs.jsonl', heldOut: 0.05 },
    control: { tokenFile: '/certs/control.token' },
    workers: { start: 2, min: 1 },
  });
});

test.each([
  [{ set: ['model=/models/smollm'] }, /pods cannot see\n {2}model: \/models\/smollm\n.*--data-claim/],
  [{ name: 'Thumbs' }, /--name Thumbs: take small letters/],
  [{ workers: 65 }, /--workers 65: the run's limits \(workers\) are 1 to 64/],
  [{ memory: 'much', gpus: 2 }, /--memory much: expected a quantity[\s\S]*--gpus 2: a worker computes on one GPU/],
])('%j is refused, with what to do', async (flags, message) => {
  const error = await render(flags).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProspectError);
  expect((error as ProspectError).code).toBe('CONFIG_INVALID');
  expect((error as ProspectError).message).toMatch(message);
});

/** The commands for a run in a cluster, against a server that takes only what Kubernetes' schemas take. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { labelsOf, type Part } from '../../cli/kubernetes/names.js';
import { makeCertificates } from '../support/certificates.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { type Finished, prospect } from '../support/prospect.js';
import { type PretendApi, startApi } from './pretend-api.js';

const RUN = join(PROJECT_ROOT, 'deploy', 'kubernetes', 'example', 'run.yaml');
const JOB = '/apis/batch/v1/namespaces/ml/jobs/thumbs-workers';
const SET = '/apis/apps/v1/namespaces/ml/statefulsets/thumbs-coordinator';
const TOKEN = 'of whoever may do all';
const PODS = '/api/v1/namespaces/ml/pods';

let folder: string;
let api: PretendApi;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-k8s-'));
  const { ca, cert, key } = makeCertificates(folder);
  const [certText, keyText] = await Promise.all([cert, key].map((file) => readFile(file, 'utf8')));
  api = await startApi({ key: keyText!, cert: certText!, token: TOKEN });
  await writeKubeconfig('kubeconfig', { server: api.url, 'certificate-authority': ca }, TOKEN);
  await writeKubeconfig('stranger', { server: api.url, 'certificate-authority': ca }, 'another token');
  await writeKubeconfig('nowhere', { server: 'https://127.0.0.1:1' }, TOKEN);
  await prospect(['certs', '--output', join(folder, 'certs')]);
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

function writeKubeconfig(name: string, cluster: object, token: string): Promise<void> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'here', cluster }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'me', namespace: 'ml' } }],
    users: [{ name: 'me', user: { token } }],
  };
  return writeFile(join(folder, name), stringify(config));
}

function k8s(...args: string[]): Promise<Finished> {
  return k8sAs('kubeconfig', ...args);
}

function k8sAs(kubeconfig: string, ...args: string[]): Promise<Finished> {
  return prospect(['k8s', ...args], { KUBECONFIG: join(folder, kubeconfig) });
}

async function done(...args: string[]): Promise<string> {
  api.requests.length = 0;
  const { exitCode, stdout, stderr } = await k8s(...args);
  expect(exitCode, stderr).toBe(0);
  return stdout;
}

function addPod(part: Part, name: string, index?: number): void {
  const labels = { ...labelsOf('thumbs', part), 'batch.kubernetes.io/job-completion-index': `${index}` };
  const containerStatuses = [
    { name: part, ready: true, restartCount: 0, image: '', imageID: '', state: { running: {} } },
  ];
  api.objects.set(`${PODS}/${name}`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    status: { phase: 'Running', containerStatuses },
  });
}

describe('a run in a cluster', () => {
  test('launch makes Secrets and applies all that render writes', async () => {
    const says = await done('launch', RUN, '--name', 'thumbs', '--workers', '3', '--certs', join(folder, 'certs'));
    expect(says).toContain('Secret thumbs-worker-certs made');
    expect([...api.objects.keys()].sort()).toEqual([
      '/api/v1/namespaces/ml/configmaps/thumbs-config',
      '/api/v1/namespaces/ml/secrets/thumbs-coordinator-certs',
      '/api/v1/namespaces/ml/secrets/thumbs-token',
      '/api/v1/namespaces/ml/secrets/thumbs-worker-certs',
      '/api/v1/namespaces/ml/services/thumbs-coordinator',
      '/api/v1/namespaces/ml/services/thumbs-pods',
      SET,
      JOB,
      '/apis/monitoring.coreos.com/v1/namespaces/ml/podmonitors/thumbs-pods',
      '/apis/networking.k8s.io/v1/namespaces/ml/networkpolicies/thumbs-pods',
      '/apis/policy/v1/namespaces/ml/poddisruptionbudgets/thumbs-workers',
    ]);
    expect(api.objects.get(JOB)).toMatchObject({ spec: { parallelism: 3, completions: 3, maxFailedIndexes: 2 } });
    // What the client's writer does not know is dropped without a word: an open policy instead of a closed one.
    expect(api.objects.get('/apis/networking.k8s.io/v1/namespaces/ml/networkpolicies/thumbs-pods')).toMatchObject({
      spec: { ingress: [{ from: [{ podSelector: {} }] }, { from: [{ namespaceSelector: {} }] }] },
    });
  });

  test('a second launch leaves the Secrets as they are', async () => {
    const token = structuredClone(api.objects.get('/api/v1/namespaces/ml/secrets/thumbs-token'));
    await done('launch', RUN, '--name', 'thumbs', '--workers', '3', '--certs', join(folder, 'certs'));
    expect(api.objects.get('/api/v1/namespaces/ml/secrets/thumbs-token')).toEqual(token);
  });

  test('status tells of pods and the newest step', async () => {
    addPod('coordinator', 'thumbs-coordinator-0');
    for (const index of [0, 1, 2]) addPod('worker', `thumbs-workers-${index}-x`, index);
    api.logs.set('thumbs-coordinator-0', 'step   11/400  loss 0.49\nsomething else\nstep   12/400  loss 0.48\n');
    const says = await done('status', 'thumbs');
    expect(says).toMatch(/^run +thumbs in namespace ml$/m);
    expect(says).toMatch(/^step +12\/400 {2}loss 0\.48$/m);
    expect(says).toMatch(/^workers +0 of 3 ready$/m);
    expect(says).toMatch(/^thumbs-workers-2-x +ready$/m);
  });

  test('logs are those of the coordinator, or of a worker by its number', async () => {
    api.logs.set('thumbs-workers-1-x', 'the second worker\n');
    expect(await done('logs', 'thumbs')).toContain('step   12/400');
    expect(await done('logs', 'thumbs', '--worker', '1')).toBe('the second worker\n');
    const { exitCode, stderr } = await k8s('logs', 'thumbs', '--worker', '7');
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('run thumbs in namespace ml has no pod of worker 7'),
    ]);
  });

  test('scale changes all three numbers of the Job in one request', async () => {
    expect(await done('scale', 'thumbs', '--workers', '6')).toBe('thumbs: 3 → 6 workers\n');
    expect(api.requests).toEqual([`GET ${JOB}`, `PATCH ${JOB}`]);
    expect(api.objects.get(JOB)).toMatchObject({ spec: { parallelism: 6, completions: 6, maxFailedIndexes: 5 } });
    const { exitCode, stderr } = await k8s('scale', 'thumbs', '--workers', '65');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("--workers 65: the run's limits are 1 to 64")]);
  });

  test('stop ends the coordinator first, and holds the workers back when it is gone', async () => {
    const leaves = setInterval(() => {
      const set = api.objects.get(SET) as { spec?: { replicas?: number } } | undefined;
      if (set?.spec?.replicas === 0) api.objects.delete(`${PODS}/thumbs-coordinator-0`);
    }, 20);
    await done('stop', 'thumbs');
    clearInterval(leaves);
    expect(api.requests[0]).toBe(`GET ${SET}`);
    expect(api.requests[1]).toBe(`PATCH ${SET}`);
    expect(api.requests.at(-1)).toBe(`PATCH ${JOB}`);
    expect(api.objects.get(JOB)).toMatchObject({ spec: { suspend: true } });
    expect(await done('status', 'thumbs')).toMatch(/^workers +stopped, 6 when it goes on$/m);
  });

  test('launch goes on with it, with a new Job where the old one has ended', async () => {
    const job = api.objects.get(JOB)!;
    api.objects.set(JOB, { ...job, status: { conditions: [{ type: 'Failed', status: 'True' }] } });
    await done('launch', RUN, '--name', 'thumbs', '--workers', '2');
    expect(api.requests).toContain(`DELETE ${JOB}`);
    expect(api.objects.get(JOB)).toMatchObject({ spec: { completions: 2, suspend: false } });
    expect(api.objects.get(SET)).toMatchObject({ spec: { replicas: 1 } });
  });
});

test.each(['status', 'stop', 'scale'])('%s of a run that is not there says so', async (command) => {
  const { exitCode, stderr } = await k8s(command, 'nobody', ...(command === 'scale' ? ['--workers', '2'] : []));
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('there is no run nobody')]);
});

test('a cluster that does not answer, or does not know who asks, is an error with its reason', async () => {
  const nowhere = await k8sAs('nowhere', 'status', 'thumbs');
  expect([nowhere.exitCode, nowhere.stderr]).toEqual([
    6,
    expect.stringMatching(/error \(UNREACHABLE\): list pods: the cluster does not answer: .*ECONNREFUSED/),
  ]);
  const stranger = await k8sAs('stranger', 'scale', 'thumbs', '--workers', '3');
  expect([stranger.exitCode, stranger.stderr]).toEqual([
    2,
    expect.stringMatching(
      /error \(ACCESS_DENIED\): Job thumbs-workers: the cluster refuses \(HTTP 401\): Unauthorized/,
    ),
  ]);
});

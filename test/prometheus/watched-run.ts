/**
 * A real run that a real Prometheus watches, with what it has to get over: a worker that is killed and comes back after
 * a pause, and a coordinator that is killed and started again.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvaluationMetrics } from '../../coordinator/metrics/evaluation-metrics.js';
import type { StepMetrics } from '../../coordinator/metrics/step-metrics.js';
import { type Cluster, createCluster } from '../chaos/cluster.js';
import { freePort } from '../support/free-port.js';
import { createNatsServer } from '../support/nats-server.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { type Prometheus, startPrometheus } from '../support/prometheus.js';
import { createRunFolder } from '../support/run-folder.js';

const STEPS = 50;
const COORDINATOR_KILLED_AFTER = 30;

export interface WatchedRun {
  readonly prometheus: Prometheus;
  /** Address of the coordinator's metrics, as a regular expression. */
  readonly coordinator: string;
  /** Unix time in seconds. */
  readonly startedAt: number;
  /** What metrics.jsonl has. */
  readonly steps: readonly StepMetrics[];
  readonly evaluations: readonly EvaluationMetrics[];
  /** The coordinator's and a worker's answers in the middle of the run. */
  readonly answers: { readonly coordinator: string; readonly worker: string };
  readonly readiness: readonly number[];
  remove(): Promise<void>;
}

export async function watchedRun(): Promise<WatchedRun> {
  const run = await createRunFolder();
  const nats = await createNatsServer();
  await nats.start();
  const [coordinator, a, b] = await Promise.all([listener(), listener(), listener()]);
  const prometheus = await startPrometheus({ coordinator: [coordinator], worker: [a, b] }, await impatientRules());
  const output = join(run.folder, 'watched');
  const cluster = await createCluster({ run, output, settings: settings(coordinator, nats.address) });
  const remove = async () => {
    await cluster.close();
    await Promise.all([prometheus.remove(), nats.remove()]);
    await run.remove();
  };
  try {
    const startedAt = Date.now() / 1000;
    cluster.startCoordinator();
    cluster.startWorker('a', undefined, ['--metrics-listen', a]);
    cluster.startWorker('b', 'kill@gradients:12', ['--metrics-listen', b]);
    await cluster.worker('b').ended();
    await prometheus.until('ALERTS{alertname="ProspectWorkersBelowMinimum", alertstate="firing"}');
    cluster.startWorker('b', undefined, ['--metrics-listen', b]);
    await stepsOf(cluster, COORDINATOR_KILLED_AFTER - 5);
    const answers = { coordinator: await text(coordinator), worker: await text(a) };
    const readiness = await Promise.all(
      [coordinator, a].map(async (at) => (await fetch(`http://${at}/readyz`)).status),
    );
    await stepsOf(cluster, COORDINATOR_KILLED_AFTER);
    cluster.coordinator().child.kill('SIGKILL');
    await cluster.coordinator().ended();
    cluster.startCoordinator();
    const end = await cluster.coordinator().ended();
    if (end !== 0) throw new Error(cluster.coordinator().stderr());
    const lines = await readLines(join(output, 'metrics.jsonl'));
    const steps = lines.filter((line): line is StepMetrics => !('eval_loss' in line));
    const evaluations = lines.filter((line): line is EvaluationMetrics => 'eval_loss' in line);
    const address = coordinator.replaceAll('.', '\\\\.');
    return { prometheus, coordinator: address, startedAt, steps, evaluations, answers, readiness, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function listener(): Promise<string> {
  return `127.0.0.1:${await freePort()}`;
}

function settings(metrics: string, nats: string): string[] {
  return [
    `metrics.listen=${metrics}`,
    `nats.servers=${nats}`,
    `training.maxSteps=${STEPS}`,
    'training.epochs=20',
    'evaluation.everySteps=10',
    'snapshots.everySteps=10',
    // So strong a pull that rows hardly react after a few steps.
    'loss.beta=2',
    'workers.start=2',
    'workers.min=2',
  ];
}

/** As they are shipped, but for how long something must hold, and over how long it is averaged. */
async function impatientRules(): Promise<string> {
  const shipped = await readFile(join(PROJECT_ROOT, 'deploy', 'prometheus', 'rules.yaml'), 'utf8');
  return shipped.replaceAll(/^ +for: .*\n/gm, '').replaceAll('[10m]', '[2s]');
}

async function stepsOf(cluster: Cluster, count: number): Promise<void> {
  while (cluster.stepTimesMs().length < count) {
    const { child, stderr } = cluster.coordinator();
    if (child.exitCode !== null) throw new Error(stderr());
    await once(child.stderr!, 'data');
  }
}

async function text(address: string): Promise<string> {
  return (await fetch(`http://${address}/metrics`)).text();
}

async function readLines(path: string): Promise<(StepMetrics | EvaluationMetrics)[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as StepMetrics | EvaluationMetrics);
}

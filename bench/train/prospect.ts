/** Trains with Prospect's own command line, and reads what it took off the metrics that a run leaves. */
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { StepMetrics } from '../../coordinator/metrics/step-metrics.js';
import { cacheFolder } from '../../core/cache-folder.js';
import type { RunConfigInput } from '../../core/config/schema.js';
import type { FeedbackText } from './make-rows.js';
import type { Method } from './measurement.js';
import { runProgram } from './program.js';
import { MAX_LENGTH } from './row-lengths.js';
import { DEVICES, type Device, LEARNING_RATE, LORA } from './settings.js';
import { removingAfter } from './unfinished-folder.js';

const COMMAND_LINE = resolve('dist/cli/main.js');
const SECONDS_PER_MS = 1e-3;

export interface ProspectJob {
  readonly model: string;
  readonly rows: readonly FeedbackText[];
  readonly method: Method;
  readonly globalBatch: number;
  readonly epochs: number;
  readonly workers: number;
  /** Of each worker. */
  readonly threads: number;
  /** The processor when left out. */
  readonly device?: Device;
}

export interface ProspectStep {
  readonly seconds: number;
  readonly loss: number;
  readonly phases: Phases;
  /** Scores and gradients of the worker with the most of them. */
  readonly computingSeconds: number;
}

export interface ProspectResult {
  readonly steps: readonly ProspectStep[];
  /** Reference log-probs computed before the first step. */
  readonly aheadSeconds: number;
  readonly peakBytes: number | undefined;
  /** How long messages waited for a worker's main thread, 99th percentile, the worst worker's. */
  readonly mainThreadLagMs: number;
}

/** Seconds of each phase of a step. */
export type Phases = Readonly<Record<string, number>>;

/** @throws with what the program said when it fails; its files are removed in any case. */
export async function trainWithProspect(job: ProspectJob): Promise<ProspectResult> {
  const [result] = await trainTimes(job, 1);
  return result!;
}

/** Trains so many times; each run finds what those before it left in the cache. @throws as trainWithProspect */
export async function trainTimes(job: ProspectJob, times: number): Promise<ProspectResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'prospect-bench-'));
  return removingAfter(folder, async () => {
    const cache = emptyCache(folder);
    const results: ProspectResult[] = [];
    for (let time = 0; time < times; time++) results.push(await trainOnce(job, join(folder, String(time)), cache));
    return results;
  });
}

async function trainOnce(job: ProspectJob, folder: string, cache: string): Promise<ProspectResult> {
  mkdirSync(folder);
  const config = configOf(job, folder);
  writeFileSync(join(folder, 'rows.jsonl'), job.rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  writeFileSync(join(folder, 'run.yaml'), JSON.stringify(config));
  const environment = { PROSPECT_CACHE: cache };
  const args = [COMMAND_LINE, 'train', join(folder, 'run.yaml')];
  const { stderr, peakBytes } = await runProgram(process.execPath, args, environment);
  const metrics = readFileSync(join(config.output, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const steps = metrics.map((line) => stepOf(JSON.parse(line)));
  const ahead = job.method === 'full' ? aheadSeconds(stderr) : 0;
  return { steps, aheadSeconds: ahead, peakBytes, mainThreadLagMs: lagOf(stderr) };
}

function configOf(
  { model, method, globalBatch, epochs, workers, threads, device = 'cpu' }: ProspectJob,
  folder: string,
) {
  const { microbatchTokens, ...computing } = DEVICES[device];
  return {
    model,
    output: join(folder, 'out'),
    method,
    lora: LORA,
    data: { train: join(folder, 'rows.jsonl'), maxLength: MAX_LENGTH, order: 'file', pairing: 'rotate' },
    training: {
      epochs,
      globalBatch,
      microbatchTokens,
      learningRate: LEARNING_RATE,
      schedule: 'constant',
      warmupSteps: 0,
    },
    audit: { everySteps: 0 },
    workers,
    ...computing,
    threads,
  } satisfies RunConfigInput;
}

/** A cache that has the engine and nothing else: what runs of other times left would be taken from it. */
function emptyCache(folder: string): string {
  const cache = join(folder, 'cache');
  mkdirSync(cache);
  symlinkSync(join(cacheFolder(), 'engines'), join(cache, 'engines'));
  return cache;
}

function stepOf(metrics: StepMetrics): ProspectStep {
  const phases = Object.fromEntries(
    Object.entries(metrics)
      .filter(([name]) => name.startsWith('seconds/'))
      .map(([name, seconds]) => [name.slice('seconds/'.length), Number(seconds)]),
  );
  return {
    seconds: Object.values(phases).reduce((sum, seconds) => sum + seconds, 0),
    loss: metrics.loss ?? Number.NaN,
    phases,
    computingSeconds: metrics['compute/busiest_seconds'],
  };
}

function lagOf(log: string): number {
  const lags = [...log.matchAll(/"mainThreadLagP99Ms":(\d+)/g)].map(([, lag]) => Number(lag));
  return Math.max(...lags);
}

/** From the workers' being ready to the log-probs' being kept, by the run's log; 0 when the steps compute them. */
function aheadSeconds(log: string): number {
  const timeOf = (message: string) => {
    const line = log.split('\n').findLast((text) => text.includes(`"msg":"${message}"`));
    return line === undefined ? undefined : (JSON.parse(line) as { time: number }).time;
  };
  const [ready, kept] = [timeOf('worker ready'), timeOf('reference log-probs cached')];
  return ready === undefined || kept === undefined ? 0 : (kept - ready) * SECONDS_PER_MS;
}

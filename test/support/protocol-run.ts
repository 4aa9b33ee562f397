/** A run over real gRPC within the test's process: the real coordinator, and real workers but for their arithmetic. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EvaluationRecord, StepRecord } from '../../coordinator/metrics/step-record.js';
import { type SavedResult, startRun } from '../../coordinator/run.js';
import type { Compute } from '../../worker/compute/compute.js';
import { runWorker } from '../../worker/worker.js';
import { linearCompute } from './linear-compute.js';
import { modelFolder, PARITY_DATA } from './parity-data.js';
import { testConfig } from './rows.js';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };

export interface TestWorker {
  readonly id: string;
  readonly compute?: Compute;
  readonly signal?: AbortSignal;
}

export interface ProtocolRun {
  readonly saved: SavedResult;
  readonly steps: StepRecord[];
  readonly evaluations: EvaluationRecord[];
}

export interface RunSetting {
  readonly config?: Parameters<typeof testConfig>[0];
  /** How many the run waits for. */
  readonly wanted: number;
  readonly onStep?: (step: number) => void;
  /** A worker has loaded its model and was found equal. */
  readonly onReady?: () => void;
}

export interface StartedProtocolRun {
  readonly run: Promise<ProtocolRun>;
  /** A worker's whole life: undefined for a good end, otherwise the error. */
  join(worker: TestWorker): Promise<unknown>;
}

export async function protocolRun(setting: RunSetting): Promise<StartedProtocolRun> {
  const folder = await mkdtemp(join(tmpdir(), 'prospect-protocol-'));
  const { config = {}, wanted, onStep, onReady } = setting;
  const info = (_: object, message: string) => (message === 'worker ready' ? onReady?.() : undefined);
  const steps: StepRecord[] = [];
  const evaluations: EvaluationRecord[] = [];
  const started = await startRun({
    config: testConfig({
      model: modelFolder('llama-lora'),
      output: join(folder, 'out'),
      workers: wanted,
      ...config,
      data: { train: join(PARITY_DATA, 'feedback.jsonl'), heldOut: 0.1, ...config.data },
      training: {
        globalBatch: 8,
        microbatchTokens: 64,
        maxSteps: 3,
        learningRate: 0.1,
        warmupRatio: 0,
        ...config.training,
      },
    }),
    endpoint: { host: '127.0.0.1', port: 0 },
    runId: 'test',
    cacheDir: join(folder, 'cache'),
    log: { ...silent, info },
    signal: new AbortController().signal,
    openReport: async () => ({
      step: async (record) => {
        steps.push(record);
        onStep?.(record.step);
      },
      evaluation: async (record) => void evaluations.push(record),
      finish: async () => undefined,
      summary: () => undefined,
      close: async () => undefined,
    }),
  });
  const run = started.finished
    .then((saved) => ({ saved, steps, evaluations }))
    .finally(() => rm(folder, { recursive: true, force: true }));
  run.catch(() => undefined);
  return { run, join: (worker) => live(worker, started.address) };
}

async function live({ id, compute, signal }: TestWorker, coordinator: string): Promise<unknown> {
  try {
    await runWorker({
      workerId: id,
      coordinator,
      host: '127.0.0.1',
      connectDeadlineMs: 10_000,
      override: {},
      startCompute: () => compute ?? linearCompute(),
      log: silent,
      signal: signal ?? new AbortController().signal,
    });
    return undefined;
  } catch (error) {
    return error;
  }
}

/** A run over real gRPC within the test's process: the real coordinator, and real workers but for their arithmetic. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SavedResult } from '../../coordinator/driver/save-result.js';
import { keepLease } from '../../coordinator/lease/keep-lease.js';
import type { EvaluationRecord, StepRecord } from '../../coordinator/metrics/step-record.js';
import type { ResumeOptions } from '../../coordinator/open-run.js';
import { type StartedRun, startRun } from '../../coordinator/run.js';
import { openRunReport, type RunReport } from '../../coordinator/run-report.js';
import type { Security } from '../../proto/transport/security.js';
import type { Compute } from '../../worker/compute/compute.js';
import { runWorker } from '../../worker/worker.js';
import { linearCompute } from './linear-compute.js';
import { modelFolder, PARITY_DATA } from './parity-data.js';
import { testConfig } from './rows.js';
import { tensorsHere } from './tensors-here.js';

const nothing = () => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing };

export interface TestWorker {
  readonly id: string;
  readonly compute?: Compute;
  readonly signal?: AbortSignal;
  readonly security?: Security;
  readonly connectDeadlineMs?: number;
}

export interface ProtocolRun {
  readonly saved: SavedResult;
  readonly steps: StepRecord[];
  readonly evaluations: EvaluationRecord[];
}

export interface RunSetting {
  readonly config?: Parameters<typeof testConfig>[0];
  /** How many begin together. */
  readonly wanted: number;
  readonly onStep?: (step: number) => void;
  readonly onEvaluation?: (step: number) => void;
  /** Every log line of the coordinator. */
  readonly onLog?: (message: string, details: object) => void;
  /** Output folder of an earlier run, which must be removed by the test. */
  readonly folder?: string;
  readonly resume?: ResumeOptions;
  readonly standby?: boolean;
  /** Port of an earlier coordinator, for workers that wait for it. */
  readonly port?: number;
  readonly security?: Security;
}

export interface StartedProtocolRun {
  readonly run: Promise<ProtocolRun>;
  readonly port: number;
  /** Ends the coordinator as a person would. */
  stop(reason: Error): void;
  /** Takes a snapshot now. */
  snapshot(): void;
  /** Ends the coordinator without another word. */
  fail: StartedRun['fail'];
  /** A worker's whole life: undefined for a good end, otherwise the error. */
  join(worker: TestWorker): Promise<unknown>;
}

export async function protocolRun(setting: RunSetting): Promise<StartedProtocolRun> {
  const folder = setting.folder ?? (await mkdtemp(join(tmpdir(), 'prospect-protocol-')));
  const { config = {}, wanted, onLog = nothing, resume = { mode: 'new', allow: [] } } = setting;
  const steps: StepRecord[] = [];
  const evaluations: EvaluationRecord[] = [];
  const stopping = new AbortController();
  const log = {
    debug: (details: object, message: string) => onLog(message, details),
    info: (details: object, message: string) => onLog(message, details),
    warn: (details: object, message: string) => onLog(message, details),
  };
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
    resume,
    endpoint: { host: '127.0.0.1', port: setting.port ?? 0 },
    security: setting.security ?? {},
    standby: setting.standby ?? false,
    keepLease,
    workersMayBeThere: setting.port !== undefined,
    isSupervised: false,
    newRunId: 'test',
    cacheDir: join(folder, 'cache'),
    log,
    signal: stopping.signal,
    openReport: async (run) => {
      const stream = { write: nothing };
      const report = await openRunReport({ ...run, stream, log, now: () => performance.now() });
      return recorded(report, steps, evaluations, setting);
    },
  });
  if (!started) throw new Error('another coordinator has finished this run');
  const run = started.finished
    .then((saved) => ({ saved, steps, evaluations }))
    .finally(() => (setting.folder === undefined ? rm(folder, { recursive: true, force: true }) : undefined));
  run.catch(nothing);
  return {
    run,
    port: Number(started.address.split(':').at(-1)),
    stop: (reason) => stopping.abort(reason),
    snapshot: started.snapshot,
    fail: started.fail,
    join: (worker) => live(worker, [started.address]),
  };
}

function recorded(
  report: RunReport,
  steps: StepRecord[],
  evaluations: EvaluationRecord[],
  { onStep, onEvaluation }: Pick<RunSetting, 'onStep' | 'onEvaluation'>,
): RunReport {
  return {
    ...report,
    step: async (record) => {
      await report.step(record);
      steps.push(record);
      onStep?.(record.step);
    },
    evaluation: async (record) => {
      await report.evaluation(record);
      evaluations.push(record);
      onEvaluation?.(record.step);
    },
    finish: async () => undefined,
  };
}

async function live(
  { id, compute, signal, security = {}, connectDeadlineMs = 10_000 }: TestWorker,
  coordinators: readonly string[],
): Promise<unknown> {
  try {
    await runWorker({
      workerId: id,
      coordinators,
      host: '127.0.0.1',
      security,
      connectDeadlineMs,
      override: {},
      startCompute: () => compute ?? linearCompute(),
      startTensors: tensorsHere,
      random: () => 0.5,
      log: silent,
      signal: signal ?? new AbortController().signal,
    });
    return undefined;
  } catch (error) {
    return error;
  }
}

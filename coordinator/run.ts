/** A training run from rows to the saved result, as the coordinator drives it. Read from the top: the stages in order. */
import type { RunConfig } from '../core/config/schema.js';
import { type ProspectError, toProspectError } from '../core/errors.js';
import { needsMismatchedPairs, needsReference } from '../core/kto.js';
import { layoutOf } from '../core/parameters.js';
import { learningRateAt, peakLearningRate } from '../core/schedule.js';
import type { Endpoint } from '../proto/transport/listen.js';
import { type Calendar, calendarOf } from './calendar.js';
import type { Dataset } from './dataset/dataset.js';
import { openDataset } from './dataset/open-dataset.js';
import { evaluate } from './evaluate.js';
import { createMembership, type Membership } from './membership.js';
import { saveRunRecord } from './output/save-run-record.js';
import { saveTrained } from './output/save-trained.js';
import { trainingRowCount } from './plan-step.js';
import { pullParameters } from './pull-parameters.js';
import { createReferenceTable, type RunReferences } from './reference-cache/table.js';
import { fillReferences } from './reference-prelude.js';
import { type ResolvedRun, resolveRun } from './resolve-run.js';
import type { RunLog } from './run-log.js';
import type { RunReport } from './run-report.js';
import { runStep } from './run-step.js';
import { startServer } from './server.js';
import type { Team } from './team.js';

export interface RunOptions {
  readonly config: RunConfig;
  readonly endpoint: Endpoint;
  readonly runId: string;
  /** For token ids and reference log-probs; may be deleted at any time. */
  readonly cacheDir: string;
  readonly log: RunLog;
  /** Its reason is what the run ends with. */
  readonly signal: AbortSignal;
  /** Opens where steps and evaluations are reported to. */
  openReport(config: ResolvedRun, totalSteps: number): Promise<RunReport>;
}

export interface SavedResult {
  /** Folder of the adapter or model. */
  readonly folder: string;
  /** Of its safetensors file, hex. */
  readonly sha256: string;
  /** SHA-256 of the flat trainable parameters, hex. */
  readonly parameterDigest: string;
}

export interface StartedRun {
  /** host:port that workers connect to. */
  readonly address: string;
  /** Ends the run if workers are still being waited for; later, a lost worker is noticed by its session. */
  failBeforeStart(error: ProspectError): void;
  readonly finished: Promise<SavedResult>;
}

/** What the stages share. */
interface Run extends Omit<RunOptions, 'config' | 'endpoint'> {
  readonly config: ResolvedRun;
  readonly dataset: Dataset;
  readonly calendar: Calendar;
}

/** Opens dataset and port; the rest goes on in `finished`. */
export async function startRun(options: RunOptions): Promise<StartedRun> {
  const { log, signal, endpoint, runId } = options;
  const dataset = await openDataset(options.config, {
    cacheDir: options.cacheDir,
    log: (line) => log.warn({}, line),
    onProgress: (rows) => {
      signal.throwIfAborted();
      log.debug({ rows }, 'rows tokenized');
    },
  });
  try {
    const config = resolveRun(options.config, dataset.train);
    const calendar = calendarOf(trainingRowCount(dataset.train, config), config);
    const { workers, engineMismatch } = config;
    const membership = createMembership({ runId, workers, engineMismatch, configJson: JSON.stringify(config), log });
    const server = await startServer(endpoint, membership);
    log.info({ address: server.address, workers }, 'waiting for workers');
    const interrupt = () => membership.fail(signal.reason);
    signal.addEventListener('abort', interrupt);
    if (signal.aborted) interrupt();
    const finished = train({ ...options, config, dataset, calendar }, membership).finally(async () => {
      signal.removeEventListener('abort', interrupt);
      await server.close();
      await dataset.close();
    });
    return {
      address: server.address,
      failBeforeStart: (error) => {
        if (!membership.isAssembled()) membership.fail(error);
      },
      finished,
    };
  } catch (error) {
    await dataset.close();
    throw error;
  }
}

async function train(run: Run, membership: Membership): Promise<SavedResult> {
  try {
    const team = await membership.assembled();
    await recordRun(run, team);
    const report = await run.openReport(run.config, run.calendar.totalSteps);
    try {
      const references = await prepareReferences(run, team);
      await runSteps(run, team, references, report);
      const saved = await saveResult(run, team);
      membership.finish('training is complete');
      await report.finish(saved);
      return saved;
    } finally {
      await report.close();
    }
  } catch (error) {
    membership.fail(toProspectError(error));
    throw error;
  }
}

function recordRun({ runId, config, dataset, calendar }: Run, team: Team): Promise<void> {
  const { engine, modelDigest, parameterDigest: initialParameterDigest } = team.loaded;
  const { totalSteps } = calendar;
  const datasetDigest = dataset.train.digest;
  return saveRunRecord({ runId, config, engine, modelDigest, datasetDigest, initialParameterDigest, totalSteps });
}

/** Full fine-tuning computes all reference log-probs now; an adapter's are computed in the steps. */
async function prepareReferences(run: Run, team: Team): Promise<RunReferences> {
  const { config, dataset, calendar } = run;
  const { train, heldOut } = dataset;
  const isAhead = config.method === 'full' && needsReference(config.loss.type);
  const pairs =
    isAhead && needsMismatchedPairs(config.loss.type) ? calendar.totalSteps * config.training.globalBatch : 0;
  const references = {
    train: createReferenceTable(train.size, pairs),
    heldOut: createReferenceTable(heldOut.size, heldOut.size),
  };
  if (isAhead) await fillReferences(references, { ...run, team, train, heldOut });
  return references;
}

async function runSteps(run: Run, team: Team, references: RunReferences, report: RunReport): Promise<void> {
  const { config, dataset, calendar } = run;
  const { totalSteps, stepsPerEpoch } = calendar;
  const schedule = { ...config.training, learningRate: peakLearningRate(config) };
  const evaluateAfter = async (step: number) => {
    if (dataset.heldOut.size === 0) return;
    const at = { step, epoch: step / stepsPerEpoch };
    await report.evaluation(await evaluate(team, dataset.heldOut, references.heldOut, config, at));
  };
  const context = { config, team, rows: dataset.train, references: references.train, calendar };
  await evaluateAfter(0);
  for (let step = 1; step <= totalSteps; step++) {
    await report.step(await runStep(context, step, learningRateAt(step - 1, totalSteps, schedule)));
    const { everySteps } = config.evaluation;
    if (step === totalSteps || (everySteps !== undefined && step % everySteps === 0)) await evaluateAfter(step);
  }
}

/** All workers have the same parameters; rank 0 gives them. */
async function saveResult({ config, signal, log }: Run, team: Team): Promise<SavedResult> {
  team.phase = 'saving the result';
  const { parameters } = team.loaded;
  const pulled = pullParameters(team.links[0]!, layoutOf(parameters).length, signal);
  const saved = await saveTrained({ config, parameters, values: pulled.values });
  const result = { ...saved, parameterDigest: pulled.digest() };
  log.debug(result, 'result saved');
  return result;
}

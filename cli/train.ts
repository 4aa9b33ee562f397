/** `prospect train`: a whole run on this machine. */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { cacheFolder } from '../core/cache-folder.js';
import { type Address, parseAddress } from '../core/config/address.js';
import type { RunConfig } from '../core/config/schema.js';
import { candidatesFor } from '../worker/engine/candidates.js';
import { type LocalGpu, localGpus } from '../worker/engine/local-gpus.js';
import { hostRun } from './host-run.js';
import { interruptSignal } from './interrupt.js';
import { loadConfig } from './load-config.js';
import { startLocalWorkers } from './local-workers.js';
import { collect, metricsOption, metricsSetting, wholeNumber } from './options.js';
import { type LocalPlan, planLocalWorkers } from './plan-local-workers.js';
import { allowOption, overwriteOption, type ResumeFlags, resumeOption, resumeOptions } from './resume-options.js';

interface Options extends ResumeFlags {
  readonly set: string[];
  readonly workers?: number;
  readonly metricsListen?: Address;
  readonly json?: true;
}

export function trainCommand(): Command {
  return new Command('train')
    .summary('train with a coordinator and workers on this machine')
    .description(
      'Trains as a YAML file says: starts the coordinator in this process and one process for each worker (one on each\n' +
        'GPU, where there are some), and leaves the adapter or model, metrics.jsonl and plot.svg in the output folder.\n' +
        'Ctrl-C takes a snapshot and ends; --resume goes on from it with the same bits. SIGUSR1 takes a snapshot.',
    )
    .argument('<run.yaml>', 'the configuration')
    .option('--set <path=value>', 'overrides a field of the configuration; may be repeated', collect, [])
    .option('--workers <n>', 'workers to start, instead of the configuration’s', wholeNumber)
    .addOption(metricsOption())
    .addOption(resumeOption())
    .addOption(overwriteOption())
    .addOption(allowOption())
    .option('--json', 'prints the result as one JSON object on stdout; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  prospect train run.yaml
  prospect train run.yaml --workers 4 --set training.seed=7 --set loss.beta=0.3
  prospect train run.yaml --metrics-listen 9464     (workers: 9465, 9466, …)
  prospect train run.yaml --resume
  prospect train run.yaml --resume --allow training.maxSteps --set training.maxSteps=2000
  prospect train run.yaml --json | jq .folder`,
    )
    .action(train);
}

async function train(file: string, options: Options): Promise<void> {
  const { set, workers, metricsListen, json, ...flags } = options;
  const settings = [...set, ...metricsSetting(metricsListen)];
  const { config, plan } = await configure(file, await withWorkers(file, settings, workers));
  await hostRun({
    config,
    resume: resumeOptions(flags, 'new'),
    endpoint: { host: '127.0.0.1', port: 0 },
    security: {},
    standby: false,
    workersMayBeThere: false,
    isSupervised: false,
    json: json === true,
    signal: interruptSignal(),
    during: async (run, { log, writeLog }) => {
      for (const line of plan.says) log.info({}, line);
      const children = startLocalWorkers({
        environments: plan.environments,
        metrics: config.metrics && parseAddress(config.metrics.listen),
        coordinator: run.address,
        logLevel: config.logLevel,
        writeLog,
        log,
        onAllLost: run.fail,
      });
      try {
        return await run.finished;
      } finally {
        await children.stop();
      }
    },
  });
}

/** The configuration, and where its workers run; GPUs decide how many there are when it does not say. */
async function configure(file: string, set: string[]): Promise<{ config: RunConfig; plan: LocalPlan }> {
  const config = await loadConfig(file, { set });
  const plan = planLocalWorkers(config, await usableGpus(config), availableParallelism());
  if (plan.workers === undefined) return { config, plan };
  return { config: await loadConfig(file, { set: [...set, `workers=${plan.workers}`] }), plan };
}

async function usableGpus({ engine }: RunConfig): Promise<LocalGpu[]> {
  if (engine === 'wasm' || engine === 'tensorflow') return [];
  return 'why' in candidatesFor('tensorflow-gpu', cacheFolder()) ? [] : localGpus();
}

/** The number of workers is how many start; limits that the configuration has beside it stay. */
async function withWorkers(file: string, set: string[], workers: number | undefined): Promise<string[]> {
  if (workers === undefined) return set;
  const written = await loadConfig(file, { set });
  return [...set, typeof written.workers === 'object' ? `workers.start=${workers}` : `workers=${workers}`];
}

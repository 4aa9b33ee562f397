/** `prospect train`: a whole run on this machine. */
import { Command } from 'commander';
import { workerLimits } from '../core/config/worker-limits.js';
import { hostRun } from './host-run.js';
import { interruptSignal } from './interrupt.js';
import { loadConfig } from './load-config.js';
import { startLocalWorkers } from './local-workers.js';
import { collect, wholeNumber } from './options.js';
import { allowOption, overwriteOption, type ResumeFlags, resumeOption, resumeOptions } from './resume-options.js';

interface Options extends ResumeFlags {
  readonly set: string[];
  readonly workers?: number;
  readonly json?: true;
}

export function trainCommand(): Command {
  return new Command('train')
    .summary('train with a coordinator and workers on this machine')
    .description(
      'Trains as a YAML file says: starts the coordinator in this process and one process for each worker, and\n' +
        'leaves the adapter or model, metrics.jsonl and plot.svg in the output folder. Ctrl-C takes a snapshot and ends;\n' +
        '--resume goes on from it with the same bits. SIGUSR1 takes a snapshot.',
    )
    .argument('<run.yaml>', 'the configuration')
    .option('--set <path=value>', 'overrides a field of the configuration; may be repeated', collect, [])
    .option('--workers <n>', 'workers to start, instead of the configuration’s', wholeNumber)
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
  prospect train run.yaml --resume
  prospect train run.yaml --resume --allow training.maxSteps --set training.maxSteps=2000
  prospect train run.yaml --json | jq .folder`,
    )
    .action(train);
}

async function train(file: string, { set, workers, json, ...flags }: Options): Promise<void> {
  const config = await loadConfig(file, { set: await withWorkers(file, set, workers) });
  await hostRun({
    config,
    resume: resumeOptions(flags, 'new'),
    endpoint: { host: '127.0.0.1', port: 0 },
    workersMayBeThere: false,
    json: json === true,
    signal: interruptSignal(),
    during: async (run, { log, writeLog }) => {
      const children = startLocalWorkers({
        count: workerLimits(config).start,
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

/** The number of workers is how many start; limits that the configuration has beside it stay. */
async function withWorkers(file: string, set: string[], workers: number | undefined): Promise<string[]> {
  if (workers === undefined) return set;
  const written = await loadConfig(file, { set });
  return [...set, typeof written.workers === 'number' ? `workers=${workers}` : `workers.start=${workers}`];
}

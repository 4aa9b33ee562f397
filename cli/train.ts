/** `prospect train`: a whole run on this machine. */
import { Command } from 'commander';
import { hostRun } from './host-run.js';
import { interruptSignal } from './interrupt.js';
import { loadConfig } from './load-config.js';
import { startLocalWorkers } from './local-workers.js';
import { collect, wholeNumber } from './options.js';

interface Options {
  readonly set: string[];
  readonly workers?: number;
  readonly json?: true;
}

export function trainCommand(): Command {
  return new Command('train')
    .summary('train with a coordinator and workers on this machine')
    .description(
      'Trains as a YAML file says: starts the coordinator in this process and one process for each worker, and\n' +
        'leaves the adapter or model, metrics.jsonl and plot.svg in the output folder.',
    )
    .argument('<run.yaml>', 'the configuration')
    .option('--set <path=value>', 'overrides a field of the configuration; may be repeated', collect, [])
    .option('--workers <n>', 'workers to start, instead of the configuration’s', wholeNumber)
    .option('--json', 'prints the result as one JSON object on stdout; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  prospect train run.yaml
  prospect train run.yaml --workers 4 --set training.seed=7 --set loss.beta=0.3
  prospect train run.yaml --json | jq .folder`,
    )
    .action(train);
}

async function train(file: string, { set, workers, json }: Options): Promise<void> {
  const flags = workers === undefined ? set : [...set, `workers=${workers}`];
  const config = await loadConfig(file, { set: flags });
  await hostRun({
    config,
    endpoint: { host: '127.0.0.1', port: 0 },
    json: json === true,
    signal: interruptSignal(),
    during: async (run, { writeLog }) => {
      const children = startLocalWorkers({
        count: config.workers,
        coordinator: run.address,
        logLevel: config.logLevel,
        writeLog,
        onFailure: run.failBeforeStart,
      });
      try {
        return await run.finished;
      } finally {
        await children.stop();
      }
    },
  });
}

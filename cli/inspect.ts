/** `prospect inspect`: what a dataset or a model consists of, before anything is trained. */
import { Command } from 'commander';
import { cacheFolder } from '../core/cache-folder.js';
import { inspectModel } from '../worker/model/inspect.js';
import { alignedLines } from './aligned-lines.js';
import { formatInspection, inspectDataset } from './inspect-dataset.js';
import { loadConfig } from './load-config.js';

const EXAMPLES = `
Examples:
  prospect inspect data run.yaml
  prospect inspect data run.yaml --set data.maxLength=512
  prospect inspect data run.yaml --json | jq .recommendedWeights
  prospect inspect model ./model`;

interface DataOptions {
  readonly set: readonly string[];
  readonly json?: true;
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .summary('what a dataset or a model consists of')
    .description('Shows what the rows of a run, or a model, consist of.')
    .addCommand(dataCommand())
    .addCommand(modelCommand())
    .addHelpText('after', EXAMPLES);
}

function dataCommand(): Command {
  return new Command('data')
    .summary('the feedback rows of a run')
    .description(
      'Shows counts, classes, lengths in tokens, prompts that several rows share, rows that cannot be used (with file ' +
        'and line) and the recommended class weights. Needs the model’s tokenizer; token ids are kept for the run.',
    )
    .argument('<run.yaml>', 'the run’s configuration')
    .option('--set <path=value>', 'a field of the configuration, may be repeated', collect, [])
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  prospect inspect data run.yaml --set data.train=other.jsonl')
    .action(async (file: string, { set, json }: DataOptions) => {
      const options = { cacheDir: cacheFolder(), ...(process.stderr.isTTY ? { onProgress: showProgress } : {}) };
      const inspection = await inspectDataset(await loadConfig(file, { set }), options);
      print(json ? JSON.stringify(inspection, null, 2) : formatInspection(inspection));
    });
}

function modelCommand(): Command {
  return new Command('model')
    .summary('a model folder')
    .description('Shows family, shape, parameters and the memory that training takes, from the files alone.')
    .argument('<folder>', 'Hugging Face folder of the model')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  prospect inspect model ./model --json')
    .action(async (folder: string, { json }: { json?: true }) => {
      const report = await inspectModel(folder);
      print(json ? JSON.stringify(report, null, 2) : alignedLines({ ...report }).join('\n'));
    });
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/** On stderr, over itself: what is printed at the end is for people and pipes. */
function showProgress(rows: number): void {
  process.stderr.write(`\r${rows} rows tokenized `);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `prospect merge`: an adapter folded into its base model, as a Hugging Face folder. */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { saveModel } from '../coordinator/output/save-model.js';
import { ProspectError } from '../core/errors.js';
import { weightsOf } from '../worker/model/build-decoder.js';
import { mergeAdapters } from '../worker/model/merge.js';
import { openModel } from '../worker/model/open-model.js';
import type { Weight } from '../worker/model/weights.js';

interface Options {
  readonly output: string;
  readonly json?: true;
}

export function mergeCommand(): Command {
  return new Command('merge')
    .summary('Adapter into base')
    .description('Folds an adapter into its base model. The result is a Hugging Face folder that needs no adapter.')
    .argument('<model>', 'Hugging Face folder of the base model')
    .argument('<adapter>', 'adapter in PEFT’s layout')
    .requiredOption('-o, --output <folder>', 'folder for the merged model; it must not exist yet')
    .option('--json', 'prints one JSON object')
    .addHelpText('after', '\nExample:\n  prospect merge ./model out/adapter --output ./merged')
    .action(merge);
}

async function merge(folder: string, adapter: string, options: Options): Promise<void> {
  if (existsSync(options.output)) {
    throw new ProspectError(
      'CONFIG_INVALID',
      `--output ${options.output} exists already. Name a new folder, or remove it first.`,
    );
  }
  const model = await openModel({ folder, adapter, engine: 'auto', threads: 1 });
  mergeAdapters(model.decoder);
  const weights = weightsOf(model.decoder);
  const parameters = weights.map(({ name, shape }) => ({ name, shape, decayed: false }));
  const { sha256 } = await saveModel({
    baseFolder: folder,
    folder: options.output,
    parameters,
    values: valuesOf(weights),
  });
  model.dispose();
  if (options.json) process.stdout.write(`${JSON.stringify({ folder: options.output, sha256 })}\n`);
  else process.stdout.write(`Merged model: ${options.output} (SHA-256 ${sha256})\n`);
}

async function* valuesOf(weights: readonly Weight[]): AsyncGenerator<Float32Array> {
  for (const { tensor } of weights) yield tensor.dataSync<'float32'>();
}

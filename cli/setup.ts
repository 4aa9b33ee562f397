/** `prospect setup`: gets a native tensor engine into the cache folder. */

import { Command, Option } from 'commander';
import { cacheFolder } from '../core/cache-folder.js';
import type { NativeEngineName } from '../worker/engine/native/pins.js';
import { type SetupResult, setUpNativeEngine } from '../worker/engine/native/setup.js';

const EXAMPLES = `
Examples:
  prospect setup                             the native engine for CPUs (600 MB, about a minute)
  prospect setup --engine tensorflow-gpu     the one for NVIDIA GPUs (5.4 GB)
  PROSPECT_CACHE=/big/disk prospect setup    into another cache folder

Everything lies in the cache folder ($PROSPECT_CACHE, else ~/.cache/prospect); deleting it undoes the set-up.`;

export function setupCommand(): Command {
  return new Command('setup')
    .description('Get a native tensor engine: several times faster than wasm, which needs no set-up.')
    .addOption(
      new Option('--engine <name>', 'which one').choices(['tensorflow', 'tensorflow-gpu']).default('tensorflow'),
    )
    .option('--json', 'print one JSON object at the end; progress goes to the error stream')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { engine: NativeEngineName; json?: boolean }) => {
      const progress = options.json ? process.stderr : process.stdout;
      const log = (line: string) => void progress.write(`${line}\n`);
      const result = await setUpNativeEngine(options.engine, { cacheDir: cacheFolder(), log });
      process.stdout.write(`${options.json ? JSON.stringify(result, null, 2) : describe(result)}\n`);
    });
}

function describe(result: SetupResult): string {
  const how = { 'already there': 'was there already', package: 'came from its own package', built: 'was built' };
  const size = result.sizeBytes === undefined ? '' : `, ${Math.round(result.sizeBytes / 1e6)} MB`;
  const lines = [
    `${result.engine} works: TensorFlow ${result.version} ${how[result.how]}${size}, ${result.seconds.toFixed(1)} s.`,
  ];
  if (result.engine === 'tensorflow-gpu' && !result.gpu) {
    lines.push('It sees no GPU on this machine, so engine: auto will not take it here. Look at nvidia-smi.');
  }
  return lines.join('\n');
}

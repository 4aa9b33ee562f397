/** From the command line to manifests: the argument and options that `render` and `launch` share. */
import { basename, dirname, extname, resolve } from 'node:path';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../load-config.js';
import { collect, wholeNumber } from '../options.js';
import { type ClusterOptions, clusterOptions, type GivenOptions } from './options.js';
import { type Manifest, renderRun } from './render.js';

export interface RenderFlags extends GivenOptions {
  readonly set: string[];
}

export function rendering(command: Command): Command {
  return command
    .addArgument(
      new Argument('<run.yaml>', 'the configuration; model and rows lie in its folder, and in the data claim'),
    )
    .option('--name <name>', 'of the run in the cluster; that of the file when left out')
    .option('--namespace <name>', 'the one that kubectl is set to when left out')
    .option('--workers <n>', 'how many; workers.start when left out', wholeNumber)
    .option('--gpus <n>', 'GPUs of each worker: 0 or 1', wholeNumber)
    .option('--cpus <n>', 'cores of each worker; threads when left out', wholeNumber)
    .option('--memory <quantity>', 'of each worker (8Gi; 32Gi with a GPU)')
    .option('--image <name>', 'of coordinator and workers; prospect:<version>, or -gpu, when left out')
    .option('--data-claim <name>', 'PersistentVolumeClaim with model and rows; <name>-data when left out')
    .option('--storage <quantity>', "size of the coordinator's volume (20Gi)")
    .option('--storage-class <name>', "of the coordinator's volume; the cluster's own when left out")
    .addOption(new Option('--flavour <name>', 'plain Job, or JobSet').choices(['job', 'jobset']))
    .option('--queue <name>', "Kueue's LocalQueue that lets it begin")
    .option('--cert-manager', 'certificates come from cert-manager')
    .option('--monitoring-namespace <name>', 'where Prometheus is (monitoring)')
    .option('--set <path=value>', 'overrides a field of the configuration; may be repeated', collect, []);
}

export interface Rendered {
  readonly options: ClusterOptions;
  readonly manifests: readonly Manifest[];
}

/** @throws CONFIG_INVALID */
export async function rendered(file: string, { set, ...given }: RenderFlags): Promise<Rendered> {
  const config = await loadConfig(file, { set });
  const options = clusterOptions(given, config, basename(file, extname(file)));
  return { options, manifests: renderRun(config, dirname(resolve(file)), options) };
}

/** For commands on a run that is there. */
export function running(command: Command): Command {
  return command
    .addArgument(new Argument('<name>', 'of the run in the cluster'))
    .option('--namespace <name>', 'the one that kubectl is set to when left out');
}

export function positiveNumber(value: string): number {
  const number = wholeNumber(value);
  if (number < 1) throw new InvalidArgumentError('It must be 1 or more.');
  return number;
}

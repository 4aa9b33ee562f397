/** The command line of `npm run bench`. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Contender } from './compare.js';
import { METHODS, type Method } from './measurement.js';
import { DEVICES, type Device } from './settings.js';
import { SHAPES, type ShapeName } from './shapes.js';
import { TRL_VARIANTS } from './trl.js';

/** Steps of each run, the first of them warm-up: the short benchmark stays under three minutes. */
const STEPS: Readonly<Record<ShapeName, number>> = { '8m': 5, '135m': 3 };

/** Without checkpointing alone TRL is about as fast as by default, so it is measured when asked for. */
const USUAL: readonly Contender[] = ['prospect', 'trl', 'trl-precomputed'];

const CONTENDERS: readonly Contender[] = ['prospect', ...(Object.keys(TRL_VARIANTS) as (keyof typeof TRL_VARIANTS)[])];

export interface BenchOptions {
  readonly model: ShapeName;
  readonly steps: number;
  readonly rounds: number;
  readonly methods: readonly Method[];
  readonly only: readonly Contender[];
  readonly device: Device;
  /** Into docs/. */
  readonly write: boolean;
}

export function readOptions(argv: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description('Trains the same model on the same rows with Prospect and with TRL, in turn, and compares them.')
    .addOption(new Option('--model <shape>', 'model').choices(Object.keys(SHAPES)).default('8m'))
    .option('--steps <n>', 'steps of each run; the first is warm-up (default: 5, with 135m 3)', atLeastTwo)
    .option('--rounds <n>', 'how often each one is run', wholeNumber, 1)
    .addOption(
      new Option('--device <name>', 'gpu: bfloat16 for both trainers').choices(Object.keys(DEVICES)).default('cpu'),
    )
    .option('--methods <list>', 'lora, full', listOf(METHODS), METHODS)
    .option('--only <list>', CONTENDERS.join(', '), listOf(CONTENDERS), USUAL)
    .option('--write', 'writes table and plot into docs/, those not measured now from earlier runs', false)
    .parse(argv);
  const options = command.opts<Omit<BenchOptions, 'steps'> & { steps?: number }>();
  return { ...options, steps: options.steps ?? STEPS[options.model] };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('A whole number above 0, please.');
  return number;
}

export function atLeastTwo(text: string): number {
  const number = wholeNumber(text);
  if (number < 2) throw new InvalidArgumentError('At least 2: the first step is warm-up.');
  return number;
}

export function listOf<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((name) => {
      if (!(known as readonly string[]).includes(name)) throw new InvalidArgumentError(`One of ${known.join(', ')}.`);
      return name as T;
    });
}

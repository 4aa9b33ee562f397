/** `prospect set`: another learning rate, or other limits of workers, for a run that goes on. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { GivenCommand } from '../../core/control/messages.js';
import { ProspectError } from '../../core/errors.js';
import { wholeNumber } from '../options.js';
import { type GiveOptions, give } from './give.js';
import { aimed } from './target.js';

interface SetOptions extends GiveOptions {
  readonly learningRate?: number;
  readonly fromStep?: number;
  readonly minWorkers?: number;
  readonly maxWorkers?: number;
}

export function setCommand(): Command {
  return aimed(new Command('set'))
    .summary('change learning rate or workers of a running run')
    .description(
      'What is set goes over the configuration, also after a restart. A learning rate is part of what the run is: all\n' +
        'steps from the named one on are made with it, whoever makes them again.',
    )
    .addOption(
      new Option('--learning-rate <lr>', 'peak, to which the schedule is applied')
        .argParser(positive)
        .conflicts(['minWorkers', 'maxWorkers']),
    )
    .addOption(
      new Option('--from-step <n>', 'first step with it; the next that is not begun when left out').argParser(
        wholeNumber,
      ),
    )
    .addOption(new Option('--min-workers <n>', 'with fewer the run waits').argParser(wholeNumber))
    .addOption(
      new Option('--max-workers <n>', 'more stay up to date and step in when one is lost').argParser(wholeNumber),
    )
    .addHelpText(
      'after',
      `
Examples:
  prospect set out --learning-rate 5e-5 --from-step 200
  prospect set out --min-workers 2 --max-workers 6`,
    )
    .action((output: string | undefined, options: SetOptions) => give(output, options, wanted(options)));
}

function wanted({ learningRate, fromStep, minWorkers, maxWorkers }: SetOptions): GivenCommand {
  if (learningRate !== undefined) return { command: 'learningRate', learningRate, fromStep };
  if (fromStep !== undefined) throw new ProspectError('CONFIG_INVALID', '--from-step goes with --learning-rate');
  if (minWorkers === undefined && maxWorkers === undefined) {
    const message = 'there is nothing to set: give --learning-rate, or --min-workers, --max-workers or both';
    throw new ProspectError('CONFIG_INVALID', message);
  }
  return { command: 'workers', min: minWorkers, max: maxWorkers };
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('It must be a number above 0.');
  return number;
}

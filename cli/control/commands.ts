/** `prospect pause`, `resume` and `stop`, and `now` of `snapshot` and `evaluate`: for a run that goes on. */
import { Command, Option } from 'commander';
import { type GiveOptions, give } from './give.js';
import { aimed } from './target.js';

export function pauseCommand(): Command {
  return aimed(new Command('pause'))
    .summary('pause a running run')
    .description(
      'The run pauses when the step at work is made. Workers and coordinator stay, or may be restarted: it pauses on.',
    )
    .addHelpText('after', '\nExample:\n  prospect pause out')
    .action((output: string | undefined, options: GiveOptions) => give(output, options, { command: 'pause' }));
}

export function resumeCommand(): Command {
  return aimed(new Command('resume'))
    .summary('go on with a paused run')
    .description('The run goes on with the bits that it would have had without the pause.')
    .addHelpText('after', '\nExample:\n  prospect resume out')
    .action((output: string | undefined, options: GiveOptions) => give(output, options, { command: 'resume' }));
}

interface StopOptions extends GiveOptions {
  /** Of --no-snapshot. */
  readonly snapshot: boolean;
}

export function stopCommand(): Command {
  return aimed(new Command('stop'))
    .summary('end a running run before its last step')
    .description(
      'Takes a snapshot of the last committed step and ends; the coordinator’s exit code is 130. Started again, it goes on.',
    )
    .addOption(new Option('--no-snapshot', 'ends without: what was made since the newest one is made again'))
    .addHelpText('after', '\nExamples:\n  prospect stop out\n  prospect stop out --no-snapshot')
    .action((output: string | undefined, { snapshot, ...options }: StopOptions) =>
      give(output, options, { command: 'stop', snapshot }),
    );
}

export function snapshotNowCommand(): Command {
  return aimed(new Command('now'))
    .summary('take a snapshot of a running run')
    .description('The run goes on meanwhile.')
    .addHelpText('after', '\nExample:\n  prospect snapshot now out')
    .action((output: string | undefined, options: GiveOptions) => give(output, options, { command: 'snapshot' }));
}

export function evaluateNowCommand(): Command {
  return aimed(new Command('now'))
    .summary('evaluate the held-out rows of a running run')
    .description('The workers do it between two steps; what comes out is in metrics.jsonl and on the run’s screen.')
    .addHelpText('after', '\nExample:\n  prospect evaluate now out')
    .action((output: string | undefined, options: GiveOptions) => give(output, options, { command: 'evaluate' }));
}

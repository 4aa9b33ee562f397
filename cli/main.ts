#!/usr/bin/env node
/** The command line. */
import { Command } from 'commander';
import { VERSION } from '../core/version.js';
import { COMMANDS } from './commands.js';
import { reportError } from './report-error.js';

const EXAMPLES = `
Examples:
  prospect train run.yaml
  prospect inspect data run.yaml
  prospect generate ./model --adapter out/adapter --prompt "Hello"
`;

const program = new Command('prospect')
  .description('Kahneman-Tversky Optimization of language models on many workers')
  .version(VERSION)
  .option('--debug', 'show the stack of an error')
  .addHelpText('after', EXAMPLES);

const wanted = process.argv.find((argument) => argument in COMMANDS);
for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
  if (name === wanted) program.addCommand(await load());
  else program.command(name).summary(summary).description(summary);
}

try {
  await program.parseAsync();
} catch (error) {
  reportError(error, { debug: program.opts().debug === true });
}
